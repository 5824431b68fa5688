package dev.kiln.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.LiveKiln;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.NearestWord;
import dev.kiln.plan.Numbers;
import dev.kiln.status.TextTable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln route}: the routes of the running Kiln. */
@Command(
    name = "route",
    mixinStandardHelpOptions = true,
    description = "Lists, stops and starts the routes of the running Kiln.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {RouteCommand.Listing.class, RouteCommand.Stop.class, RouteCommand.Start.class})
final class RouteCommand {
  private RouteCommand() {}

  /** What all three do: ask the running Kiln. */
  @Command(mixinStandardHelpOptions = true)
  abstract static class Asking implements Callable<Integer> {
    @Mixin private PlacesOptions options;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec private CommandSpec spec;

    /** Asks, and says what was answered. */
    abstract int ask(LiveKiln kiln, boolean inJson, PrintWriter out) throws InterruptedException;

    /** A fault in what was typed: told with a hint to the usage, exit code 2. */
    ParameterException usage(String message) {
      return new ParameterException(spec.commandLine(), message);
    }

    PrintWriter err() {
      return spec.commandLine().getErr();
    }

    @Override
    public Integer call() throws Exception {
      System.setProperty("kiln.log", "WARN");
      return ask(LiveKiln.on(options.places()), json, spec.commandLine().getOut());
    }

    static JsonNode routes(LiveKiln kiln) throws InterruptedException {
      return kiln.get("/routes");
    }
  }

  /** {@code kiln route list}. */
  @Command(
      name = "list",
      description =
          "Lists the routes of the running Kiln: whether each runs, since when, where it begins, its file, and the exchanges"
              + " (leads, batches, files) under way in it, completed and failed since it was made.")
  static final class Listing extends Asking {
    @Override
    int ask(LiveKiln kiln, boolean inJson, PrintWriter out) throws InterruptedException {
      JsonNode all = routes(kiln);
      if (inJson) {
        out.println(all);
        return 0;
      }
      TextTable table =
          new TextTable(
              "route", "state", "since", "in flight", "completed", "failed", "from", "file");
      for (JsonNode route : all.path("routes")) {
        table.row(
            route.path("id").asText(),
            route.path("state").asText(),
            route.path("since").asText("-"),
            route.path("in_flight").asLong(),
            route.path("completed").asLong(),
            route.path("failed").asLong(),
            route.path("from").asText(),
            route.path("file").asText("-") + ":" + route.path("line").asText("-"));
      }
      out.print(table);
      return 0;
    }
  }

  /** A command that changes routes. */
  abstract static class Change extends Asking {
    @Parameters(
        arity = "1..*",
        paramLabel = "ID",
        description =
            "Routes of \"kiln route list\"; * and ? stand for any letters, in quotes: \"table-*\".")
    private List<String> ids;

    private final String order;

    Change(String order) {
      this.order = order;
    }

    /** What was done to a route, for a person. */
    abstract String done(String route, String state, boolean ran);

    @Override
    int ask(LiveKiln kiln, boolean inJson, PrintWriter out) throws InterruptedException {
      Set<String> meant = meant(routes(kiln));
      ArrayNode done = JsonNodeFactory.instance.arrayNode();
      List<String> failed = new ArrayList<>();
      for (String route : meant) {
        try {
          JsonNode answer =
              kiln.order(order, JsonNodeFactory.instance.objectNode().put("route", route));
          done.add(answer);
          if (!inJson) {
            boolean ran = answer.path("ran").asBoolean();
            out.println(
                done(route, answer.path("state").asText(), ran)
                    + elsewhere(answer.path("node").asText(), answer.path("other_nodes").asLong()));
            out.flush();
          }
        } catch (InvalidConfiguration refused) {
          failed.add(String.valueOf(refused.getMessage()));
        }
      }
      if (inJson) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.set("routes", done);
        out.println(json);
      }
      failed.forEach(err()::println);
      return failed.isEmpty() ? 0 : Main.USAGE;
    }

    /** What a change of this node leaves as it is; nothing where there is no other node. */
    private static String elsewhere(String node, long others) {
      return others == 0
          ? ""
          : " That holds on this node alone (%s); %s. \"kiln pause\" and \"kiln resume\" hold on every node."
              .formatted(
                  node,
                  others == 1
                      ? "another one is as it was"
                      : Numbers.of(others) + " others are as they were");
    }

    /** The routes that were typed, all of them known: else nothing is done. */
    private Set<String> meant(JsonNode all) {
      Set<String> known = new LinkedHashSet<>();
      all.path("routes").forEach(route -> known.add(route.path("id").asText()));
      Set<String> meant = new LinkedHashSet<>();
      for (String typed : ids) {
        boolean pattern = typed.contains("*") || typed.contains("?");
        List<String> found = known.stream().filter(id -> matches(typed, id)).toList();
        if (found.isEmpty()) {
          throw usage(
              "There is no route "
                  + (pattern ? "like " : "")
                  + typed
                  + NearestWord.hint(typed, known));
        }
        meant.addAll(found);
      }
      return meant;
    }

    private static boolean matches(String typed, String id) {
      String regex = Pattern.quote(typed).replace("*", "\\E.*\\Q").replace("?", "\\E.\\Q");
      return id.matches(regex);
    }
  }

  /** {@code kiln route stop}. */
  @Command(
      name = "stop",
      description = {
        "Stops routes of the running Kiln, on this node alone, until they are started or Kiln is; waits until what is under"
            + " way in them ended.",
        "The leads of a stopped route of a table wait. Over restarts and on every node: kiln pause table."
      })
  static final class Stop extends Change {
    Stop() {
      super("stop-route");
    }

    @Override
    String done(String route, String state, boolean ran) {
      return ran
          ? "Route "
              + route
              + " is "
              + state
              + " on this node, until \"kiln route start "
              + route
              + "\" or the next start of Kiln."
          : "Route " + route + " was not running; it is " + state + ".";
    }
  }

  /** {@code kiln route start}. */
  @Command(name = "start", description = "Starts routes of the running Kiln that were stopped.")
  static final class Start extends Change {
    Start() {
      super("start-route");
    }

    @Override
    String done(String route, String state, boolean ran) {
      return ran ? "Route " + route + " runs already." : "Route " + route + " is " + state + ".";
    }
  }
}
