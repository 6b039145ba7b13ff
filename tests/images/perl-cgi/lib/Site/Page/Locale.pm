package Site::Page::Locale;
use strict;
use warnings;
use POSIX qw(setlocale strftime LC_ALL LC_TIME localeconv);

sub show {
    my $set = setlocale(LC_ALL, 'de_DE.UTF-8') // 'none';
    return 'text/plain', join(' ', $set, strftime('%A', gmtime 0), localeconv()->{decimal_point}) . "\n";
}

1;
