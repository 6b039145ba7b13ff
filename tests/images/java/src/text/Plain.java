package text;

import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/** One line a record; named by logging.properties alone. */
public final class Plain extends Formatter {
    @Override
    public String format(LogRecord record) {
        return "[" + record.getLevel() + "] " + formatMessage(record) + "\n";
    }
}
