package fr;

import text.Greeter;

/** A provider that META-INF/services names. */
public final class Greets implements Greeter {
    @Override
    public String language() {
        return "fr";
    }

    @Override
    public String greet(String name) {
        return "Bonjour, " + name;
    }
}
