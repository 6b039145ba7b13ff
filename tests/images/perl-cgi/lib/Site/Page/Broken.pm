package Site::Page::Broken;
use strict;
use warnings;
use Carp qw(confess);

sub show { confess 'it is broken' }

1;
