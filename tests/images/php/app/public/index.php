<?php

require __DIR__ . '/../vendor/autoload.php';

set_exception_handler(static function (Throwable $error): void {
    http_response_code(500);
    error_log((string) $error);
    include __DIR__ . '/../templates/broken.php';
});
$parts = explode('/', trim(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH), '/'));
$action = array_shift($parts) ?: 'home';
$pages = new Desk\Pages();
if (method_exists($pages, $action)) {
    echo $pages->$action(...$parts);
} else {
    http_response_code(404);
    include __DIR__ . '/../templates/missing.php';
}
