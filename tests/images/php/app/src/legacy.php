<?php

class LegacyGreeter
{
    public function greet(string $name): string
    {
        return "good day $name";
    }
}
