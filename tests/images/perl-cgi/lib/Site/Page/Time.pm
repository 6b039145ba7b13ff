package Site::Page::Time;
use strict;
use warnings;
use Time::Piece;
use Time::HiRes qw(sleep);
use Time::Local 'timegm';

sub show {
    my ($class, $query) = @_;
    local $ENV{TZ} = $query->param('zone') // 'UTC';
    POSIX::tzset() if require POSIX;
    my $then = Time::Piece->strptime('2023-11-14', '%Y-%m-%d');
    return 'text/plain', $then->strftime('%d %b') . ' ' . POSIX::strftime('%H:%M %Z', localtime 1_700_000_000) . "\n";
}

1;
