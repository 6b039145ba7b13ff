package Site::Page::Secure;
use strict;
use warnings;
use LWP::UserAgent;
use IO::Socket::SSL ();

sub show {
    my $listener = IO::Socket::SSL->new(
        Listen => 1, LocalAddr => '127.0.0.1', SSL_cert_file => '/tmp/site.pem', SSL_key_file => '/tmp/site.key',
    ) if 0 == system 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost'
        . ' -addext subjectAltName=DNS:localhost -keyout /tmp/site.key -out /tmp/site.pem 2>/dev/null';
    my $child = fork // die "fork: $!";
    if (!$child) {
        my $client = $listener->accept or POSIX::_exit(1);
        while (defined(my $line = <$client>)) { last if $line =~ /\A\r?\n\z/ }
        print $client "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nover " . $client->get_sslversion;
        close $client;
        require POSIX;
        POSIX::_exit(0);
    }
    my $agent = LWP::UserAgent->new(timeout => 10, ssl_opts => { SSL_ca_file => '/tmp/site.pem' });
    my $answer = $agent->get('https://localhost:' . $listener->sockport . '/');
    waitpid $child, 0;
    return 'text/plain', $answer->code . ' ' . $answer->decoded_content . "\n";
}

1;
