package Site::Page::Database;
use strict;
use warnings;
use DBI;

sub show {
    my $handle = DBI->connect('dbi:SQLite:dbname=:memory:', '', '', { RaiseError => 1 });
    $handle->do('create table t(x)');
    $handle->do('insert into t values (?)', undef, $_) for 1, 2, 39;
    return 'text/plain', $handle->selectrow_array('select sum(x) from t') . "\n";
}

1;
