package de;

import text.Greeter;

/** A provider that META-INF/services names. */
public final class Greets implements Greeter {
    @Override
    public String language() {
        return "de";
    }

    @Override
    public String greet(String name) {
        return "Hallo, " + name;
    }
}
