<?php

$baseDir = dirname(dirname(__DIR__));

return ['LegacyGreeter' => $baseDir . '/src/legacy.php'];
