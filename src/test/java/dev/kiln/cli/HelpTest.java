package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What {@code --help} prints. */
final class HelpTest {
  /** Commands that need no data folder, or bring their own. */
  private static final Set<String> WITHOUT_DATA = Set.of("demo", "init", "plan", "simulate");

  private static String help(String... command) {
    return CommandHere.output(List.of(command));
  }

  @Test
  @DisplayName("every command is listed and explains itself")
  void everyCommand() {
    String all = help("--help");
    for (Map.Entry<String, CommandLine> command : Main.commands().getSubcommands().entrySet()) {
      String name = command.getKey();
      assertThat(all).contains("\n  " + name + " ");
      String help = help(name, "--help");
      assertThat(help).contains("Usage: kiln " + name);
      if (!WITHOUT_DATA.contains(name) && command.getValue().getSubcommands().isEmpty()) {
        assertThat(help).as(name).contains("--data");
      }
    }
  }

  @Test
  @DisplayName("and its options")
  void options() {
    for (List<String> command :
        List.of(
            List.of("demo", "--keep"),
            List.of("send", "FILE", "--priority", "--source", "--wait", "--json"),
            List.of("status", "--json"),
            List.of("leads", "--run", "--state", "--possible-duplicates", "--limit", "--json"),
            List.of("simulate", "--port", "--rate", "--burst", "--latency", "--cap", "--json"))) {
      assertThat(help(command.get(0), "--help")).contains(command);
    }
  }
}
