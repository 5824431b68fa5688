package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.Charset;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Log lines as the shipped logback.xml writes them. */
final class LogLinesTest {
  private static final String FILE = "leads\u001b[31m\n2026-11-25 ERROR forged\r\u0007\u202e.csv";

  private final LoggerContext context = new LoggerContext();
  private Logger logger;
  private OutputStreamAppender<ILoggingEvent> appender;

  @BeforeEach
  void configure() throws Exception {
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(Path.of("src/main/resources/logback.xml").toFile());
    logger = context.getLogger(Logger.ROOT_LOGGER_NAME);
    appender = (OutputStreamAppender<ILoggingEvent>) logger.getAppender("stderr");
  }

  @AfterEach
  void close() {
    context.stop();
  }

  private String line(String message, @Nullable Throwable failure, Object... arguments) {
    LoggingEvent event =
        new LoggingEvent(
            LogLinesTest.class.getName(), logger, Level.WARN, message, failure, arguments);
    return new String(appender.getEncoder().encode(event), Charset.defaultCharset());
  }

  @Test
  @DisplayName("a text from outside neither steers the terminal nor makes a line of its own")
  void oneLine() {
    assertThat(line("Run {}: reads {} (CSV)", null, "r1", FILE))
        .endsWith(
            " - Run r1: reads leads?[31m?2026-11-25 ERROR forged???.csv (CSV)"
                + System.lineSeparator())
        .hasLineCount(1);
  }

  @Test
  @DisplayName("a stack trace has its lines, and what it names has none")
  void traces() {
    Exception failure = new IllegalStateException(FILE, new IllegalArgumentException(FILE));
    String logged = line("It failed", failure);
    assertThat(logged)
        .contains("java.lang.IllegalStateException: leads?[31m?2026-11-25 ERROR forged???.csv")
        .contains("\nCaused by: java.lang.IllegalArgumentException: leads?[31m?2026")
        .doesNotContain("\u001b", "\u202e");
    assertThat(logged.lines().skip(1))
        .allMatch(line -> line.matches("(java\\.lang\\.I|\tat |\t\\.\\.\\. |Caused by: ).*"));
    String told = line("Route x failed: {}", null, trace(failure));
    assertThat(told).contains("\n\tat ", "\nCaused by: ").doesNotContain("\u001b", "\n2026");
  }

  private static String trace(Exception failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
