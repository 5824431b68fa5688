package dev.kiln.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What one run of the benchmark found, in the order in which it was found. */
final class Figures {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, String> machine = new LinkedHashMap<>();
  private final Map<String, Figure> figures = new LinkedHashMap<>();

  /** A run on a machine that is described so. */
  Figures(Map<String, String> machine) {
    this.machine.putAll(machine);
  }

  /** Adds a figure, and shows it at once. */
  void add(String id, String what, double value, String unit) {
    Figure figure = new Figure(id, what, value, unit);
    figures.put(id, figure);
    System.err.println("  " + what + ": " + figure.text());
  }

  /** How many times as much the one is as the other; both must have been added. */
  void ratio(String id, String what, String of, String to) {
    add(id, what, value(of) / value(to), "x");
  }

  double value(String id) {
    Figure figure = figures.get(id);
    if (figure == null) {
      throw new IllegalStateException("There is no figure " + id);
    }
    return figure.value();
  }

  boolean has(String id) {
    return figures.containsKey(id);
  }

  List<Figure> all() {
    return List.copyOf(figures.values());
  }

  /** A table for people, in Markdown. */
  String table() {
    StringBuilder out = new StringBuilder("| | |\n|---|---|\n");
    machine.forEach((what, text) -> out.append("| " + what + " | " + text + " |\n"));
    for (Figure figure : figures.values()) {
      out.append("| " + figure.what() + " | " + figure.text() + " |\n");
    }
    return out.toString();
  }

  /** Writes everything as one JSON object. */
  void write(Path file) throws IOException {
    ObjectNode json = JSON.createObjectNode();
    ObjectNode about = json.putObject("machine");
    machine.forEach(about::put);
    ArrayNode list = json.putArray("figures");
    for (Figure figure : figures.values()) {
      list.addObject()
          .put("id", figure.id())
          .put("what", figure.what())
          .put("value", figure.value())
          .put("unit", figure.unit());
    }
    Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
  }

  /** Reads what {@link #write} wrote. */
  static Figures read(Path file) throws IOException {
    JsonNode json = JSON.readTree(file.toFile());
    Map<String, String> about = new LinkedHashMap<>();
    json.path("machine")
        .properties()
        .forEach(entry -> about.put(entry.getKey(), entry.getValue().asText()));
    Figures read = new Figures(about);
    for (JsonNode figure : json.path("figures")) {
      String id = figure.path("id").asText();
      read.figures.put(
          id,
          new Figure(
              id,
              figure.path("what").asText(),
              figure.path("value").asDouble(),
              figure.path("unit").asText()));
    }
    return read;
  }

  /** The middle one of some numbers. */
  static double median(List<Double> numbers) {
    List<Double> sorted = new ArrayList<>(numbers);
    sorted.sort(null);
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** The present to the second, as the table shows it. */
  static String today() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
