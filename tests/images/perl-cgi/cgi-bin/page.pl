# Every other page is a module that is loaded by the name that the visitor gives.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use CGI qw(-utf8);
use CGI::Carp 'fatalsToBrowser';
use Site::Dispatch ();

binmode STDOUT, ':encoding(UTF-8)';
my $query = CGI->new;
print Site::Dispatch::answer($query);
