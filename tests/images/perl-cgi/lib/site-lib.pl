sub old_greeting { return 'Dear ' . ucfirst(shift) } 1;
