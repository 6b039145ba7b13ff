package Site::Page::Authorities;
use strict;
use warnings;
use IO::Socket::SSL::Utils ();
use IO::Socket::SSL;

sub show {
    my %default = IO::Socket::SSL::default_ca();
    return 'text/plain', (%default ? 'some' : 'none') . "\n";
}

1;
