#!/usr/bin/env perl
# As scripts were written in the last century: libraries by do and require of a path.
BEGIN { push @INC, '/srv/cgi/lib'; }
require 'site-lib.pl';
my %settings = do '/srv/cgi/lib/settings.pl';
print "Content-Type: text/plain\r\n\r\n", &old_greeting($settings{name}), "\n";

=pod

use Not::A::Module::At::All;

=cut
