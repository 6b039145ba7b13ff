<?php

$baseDir = dirname(dirname(__DIR__));

return ['Desk\\' => [$baseDir . '/src']];
