<?php

function escape(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES);
}
