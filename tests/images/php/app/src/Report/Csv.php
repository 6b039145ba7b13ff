<?php

namespace Desk\Report;

class Csv
{
    public function write(): string
    {
        $handle = fopen('php://temp', 'w+');
        fputcsv($handle, ['a b', 'c']);
        rewind($handle);
        return stream_get_contents($handle);
    }
}
