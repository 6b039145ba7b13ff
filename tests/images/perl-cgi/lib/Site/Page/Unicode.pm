package Site::Page::Unicode;
use strict;
use warnings;
use utf8;
use charnames ();
use Unicode::Normalize qw(NFD);
use Unicode::UCD qw(charinfo);
use feature qw(fc unicode_strings);

sub show {
    my @found = (
        charnames::viacode(0xE4), "\N{GREEK SMALL LETTER ALPHA}", ('Ж' =~ /\p{Script=Cyrillic}/ ? 'Cyrillic' : 'none'),
        ('ก' =~ /\p{InThai}/ ? 'Thai' : 'none'), length(NFD('ä')), fc('STRASSE') eq fc('straße') ? 'same' : 'other',
        charinfo(0x41)->{name}, "ǆ" =~ /\p{Lowercase}/ ? 'lower' : 'upper',
    );
    return 'text/plain', join('|', @found) . "\n";
}

1;
