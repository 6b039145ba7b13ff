package Site::Page::Template;
use strict;
use warnings;
use Template;

sub show {
    my ($class, $query) = @_;
    my $engine = Template->new({ INCLUDE_PATH => '/srv/cgi/templates', ENCODING => 'utf8' });
    $engine->process('list.tt', { items => [qw(b a c)], name => scalar $query->param('name') }, \my $text) or die $engine->error;
    return 'text/html', $text;
}

1;
