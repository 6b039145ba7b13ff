<?php

namespace Desk;

/** One method a page; index.php picks it by the first part of the path. */
class Pages
{
    public function home(): string
    {
        return 'hello from a desk';
    }

    public function page(string $name): string
    {
        ob_start();
        include __DIR__ . '/../templates/page.php';
        return ob_get_clean();
    }

    public function legacy(string $name): string
    {
        return (new \LegacyGreeter())->greet($name);
    }

    public function report(string $kind): string
    {
        $class = 'Desk\\Report\\' . ucfirst($kind);
        return (new $class())->write();
    }

    public function number(string $locale): string
    {
        return \NumberFormatter::create($locale, \NumberFormatter::DECIMAL)->format(1234567.891);
    }

    public function date(string $locale): string
    {
        $formatter = new \IntlDateFormatter($locale, \IntlDateFormatter::FULL, \IntlDateFormatter::NONE, 'UTC');
        return $formatter->format(0);
    }

    public function sorted(): string
    {
        $words = ['Zebra', 'Äpfel', 'Apfel'];
        (new \Collator('de'))->sort($words);
        return implode(' ', $words);
    }

    public function time(string $area, string $place): string
    {
        return (new \DateTimeImmutable('@1700000000'))->setTimezone(new \DateTimeZone("$area/$place"))->format('c');
    }

    public function image(string $kind): string
    {
        $image = imagecreatetruecolor(20, 10);
        imagefilledrectangle($image, 0, 0, 20, 10, imagecolorallocate($image, 200, 10, 10));
        imagestring($image, 2, 1, 1, 'x', imagecolorallocate($image, 0, 0, 0));
        header("Content-Type: image/$kind");
        ob_start();
        ("image$kind")($image);
        return ob_get_clean();
    }

    public function database(): string
    {
        $database = new \PDO('sqlite:' . __DIR__ . '/../var/desk.db');
        $database->exec('CREATE TABLE IF NOT EXISTS note (text TEXT)');
        $database->exec("INSERT INTO note VALUES ('x')");
        return (string) ($database->query('SELECT count(*) FROM note')->fetchColumn() > 0);
    }

    public function xml(): string
    {
        $document = new \DOMDocument();
        $document->loadXML('<a><b>text</b></a>');
        $style = new \DOMDocument();
        $style->load(__DIR__ . '/../data/style.xsl');
        $processor = new \XSLTProcessor();
        $processor->importStylesheet($style);
        return trim($processor->transformToXml($document));
    }

    public function zip(): string
    {
        $file = tempnam(sys_get_temp_dir(), 'desk');
        $archive = new \ZipArchive();
        $archive->open($file, \ZipArchive::OVERWRITE);
        $archive->addFromString('a.txt', str_repeat('packed', 9));
        $archive->close();
        $archive->open($file);
        return $archive->getFromName('a.txt');
    }

    public function text(): string
    {
        return mb_strtoupper('größe') . ' ' . bin2hex(mb_convert_encoding('日本', 'SJIS', 'UTF-8')) . ' '
            . bin2hex(iconv('UTF-8', 'ISO-8859-2//TRANSLIT', 'Łódź')) . ' ' . \Normalizer::normalize("e\u{301}");
    }

    public function session(string $name = ''): string
    {
        session_start();
        $_SESSION['name'] = $name ?: ($_SESSION['name'] ?? 'stranger');
        return 'hello ' . $_SESSION['name'];
    }

    public function packed(): string
    {
        $process = proc_open(['gzip', '-c'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
        fwrite($pipes[0], str_repeat('x', 99));
        fclose($pipes[0]);
        return (string) strlen(stream_get_contents($pipes[1]));
    }

    public function lines(): string
    {
        return trim(shell_exec('wc -l < ' . escapeshellarg(__DIR__ . '/../data/style.xsl')));
    }

    public function tls(): string
    {
        $places = openssl_get_cert_locations();
        $context = stream_context_create(['ssl' => ['verify_peer' => true]]);
        $handle = curl_init();
        $algorithms = in_array('aes-256-gcm', openssl_get_cipher_methods(), true);
        return (string) substr_count(file_get_contents('/etc/ssl/certs/ca-certificates.crt'), 'BEGIN CERT')
            . ($handle && $context && $places && $algorithms ? ' ok' : ' no');
    }

    public function upload(): string
    {
        $type = (new \finfo(FILEINFO_MIME_TYPE))->file($_FILES['file']['tmp_name']);
        return json_encode(['name' => $_FILES['file']['name'], 'type' => $type]);
    }

    public function broken(): string
    {
        throw new \DomainException('broken on purpose');
    }
}
