package Site::Page::Pack;
use strict;
use warnings;
use Compress::Zlib qw(memGzip memGunzip);
use Digest::SHA qw(sha256_hex);
use Digest::MD5 ();
use MIME::Base64 qw(encode_base64);
use Storable qw(freeze thaw);
use File::Temp qw(tempdir);
use File::Spec::Functions qw(catfile);
use File::Find ();

sub show {
    my $folder = tempdir(CLEANUP => 1);
    open my $file, '>', catfile($folder, 'x') or die "open: $!";
    close $file;
    my $count = 0;
    File::Find::find(sub { $count++ if -f }, $folder);
    open my $pipe, '-|', 'sh', '-c', 'printf abc | bzip2 | bzip2 -d' or die "pipe: $!";
    my $piped = <$pipe>;
    close $pipe;
    chomp(my $zip = `cd $folder && zip -q - x | wc -c`);
    return 'text/plain', join('|', memGunzip(memGzip('zipped')), substr(sha256_hex('slim'), 0, 8), thaw(freeze([7]))->[0],
        encode_base64('x', ''), Digest::MD5->new->add('a')->hexdigest, $count, $piped, $zip > 100 ? 'zip' : 'no zip') . "\n";
}

1;
