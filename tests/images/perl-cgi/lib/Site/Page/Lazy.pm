package Site::Page::Lazy;
use strict;
use warnings;
use Module::Load;
use autouse 'Text::Wrap' => qw(wrap);
use if $] > 5.010, 'Text::Abbrev';

my %BACKEND = (csv => 'Text::CSV', yaml => 'YAML', tabs => 'Text::ParseWords');

sub show {
    my ($class, $query) = @_;
    my $module = $BACKEND{ $query->param('format') // 'csv' };
    load $module;
    eval 'use Tie::File; 1' or die $@;
    my $big = eval { require Math::BigInt; Math::BigInt->new('12345678901234567890')->bmul(10)->bstr };
    my $text = $module->can('Dump') ? YAML::Dump({ a => 1 }) : $module->can('combine') ? csv($module) : 'a,b';
    return 'text/plain', join("\n", $module, $text, $big, wrap('', '', 'word'), scalar(my %short = abbrev('list'))) . "\n";
}

sub csv {
    my $writer = shift->new;
    $writer->combine('a', 'b c');
    return $writer->string;
}

1;
