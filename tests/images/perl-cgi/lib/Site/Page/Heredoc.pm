package Site::Page::Heredoc;
use strict;
use warnings;
use constant { LIST => [ map { $_ * 2 } 1 .. 3 ] };
use Sys::Hostname;
use Socket qw(inet_aton inet_ntoa);
use Data::Dumper;
use Tie::Hash::NamedCapture;

sub show {
    local $Data::Dumper::Indent = 0;
    local $Data::Dumper::Useqq = 1;
    my $text = <<"EOT" . Dumper(LIST) . "\n";
@{[ length hostname() ? 'named' : 'nameless' ]} @{[ inet_ntoa(inet_aton('localhost')) ]}
EOT
    'x1' =~ /(?<digit>\d)/ and $text .= "$+{digit} " . (keys %+) . "\n";
    glob('/srv/cgi/lib/*.pl') and $text .= "globbed\n";
    return 'text/plain', $text . (getpwuid(0))[0] . ' ' . (getservbyname('http', 'tcp'))[2] . "\n";
}

1;
