package Site::Page::Encode;
use strict;
use warnings;
use utf8;
use Encode qw(encode decode find_encoding);

sub show {
    my ($class, $query) = @_;
    my $name = $query->param('charset') // 'Shift_JIS';
    my $raw = encode($name, '日本');
    return 'text/plain', join(' ', find_encoding($name)->name, unpack('H*', $raw), decode($name, $raw) eq '日本') . "\n";
}

1;
