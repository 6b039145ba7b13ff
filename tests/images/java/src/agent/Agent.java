package agent;

import java.lang.instrument.Instrumentation;

/** Says that it was there. */
public final class Agent {
    public static void premain(String options, Instrumentation instrumentation) {
        System.err.println("agent: " + (instrumentation.getAllLoadedClasses().length > 100));
    }
}
