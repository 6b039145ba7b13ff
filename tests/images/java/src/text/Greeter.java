package text;

/** What a provider of greetings offers. */
public interface Greeter {
    String language();

    String greet(String name);
}
