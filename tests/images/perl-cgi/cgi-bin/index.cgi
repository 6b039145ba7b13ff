#!/usr/bin/perl
# The first page: one query parameter, one line.
use strict;
use warnings;
use CGI;

my $query = CGI->new;
print $query->header('text/plain'), 'Hello, ', $query->param('name') // 'world', "\n";
