<?php

class ComposerAutoloaderInitDesk
{
    public static function getLoader(): void
    {
        $prefixes = require __DIR__ . '/autoload_psr4.php';
        $classes = require __DIR__ . '/autoload_classmap.php';
        spl_autoload_register(static function (string $class) use ($prefixes, $classes): void {
            if (isset($classes[$class])) {
                require $classes[$class];
                return;
            }
            foreach ($prefixes as $prefix => $folders) {
                if (str_starts_with($class, $prefix)) {
                    $file = str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
                    foreach ($folders as $folder) {
                        if (is_file("$folder/$file")) {
                            require "$folder/$file";
                        }
                    }
                }
            }
        });
        foreach (require __DIR__ . '/autoload_files.php' as $file) {
            require $file;
        }
    }
}
