package Site::Dispatch;
# From a name to the module of that name, loaded on demand.
use strict;
use warnings;

sub answer {
    my ($query) = @_;
    my $name = ucfirst($query->param('page') // 'missing');
    die "no such page: $name\n" unless $name =~ /\A[A-Za-z]+\z/;
    my $file = "Site/Page/$name.pm";
    if (!eval { require $file; 1 }) {
        return $query->header(-type => 'text/plain', -status => '404 Not Found'), "no such page: $name\n"
            if $@ =~ /\ACan't locate \Q$file\E/;
        die $@;
    }
    my ($type, $text) = "Site::Page::$name"->show($query);
    return $query->header(-type => $type, -charset => 'utf-8'), $text;
}

1;
