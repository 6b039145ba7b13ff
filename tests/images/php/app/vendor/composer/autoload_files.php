<?php

$baseDir = dirname(dirname(__DIR__));

return ['desk' => $baseDir . '/src/functions.php'];
