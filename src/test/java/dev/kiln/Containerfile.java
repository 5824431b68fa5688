package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The shipped Containerfile, taken apart into its instructions. */
final class Containerfile {
  static final Path FOLDER = Path.of("config/deploy/container");
  static final Path FILE = FOLDER.resolve("Containerfile");
  private static final Pattern PAIR = Pattern.compile("([\\w.]+)=(?:\"([^\"]*)\"|(\\S+))");

  private final List<String> instructions = new ArrayList<>();

  Containerfile() throws IOException {
    StringBuilder whole = new StringBuilder();
    for (String line : Files.readAllLines(FILE)) {
      if (!line.startsWith("#") && !line.isBlank()) {
        boolean goesOn = line.endsWith("\\");
        whole.append(goesOn ? line.substring(0, line.length() - 1) : line);
        if (!goesOn) {
          instructions.add(whole.toString().replaceAll(" +", " "));
          whole.setLength(0);
        }
      }
    }
    assertThat(whole).as("what goes on behind the last line").isEmpty();
  }

  /** What stands behind a word, once for each time that the word begins an instruction. */
  List<String> all(String word) {
    return instructions.stream()
        .filter(instruction -> instruction.startsWith(word + " "))
        .map(instruction -> instruction.substring(word.length() + 1))
        .toList();
  }

  /** What stands behind a word that is there once. */
  String one(String word) {
    assertThat(all(word)).as(word).hasSize(1);
    return all(word).get(0);
  }

  /** The words of a JSON array, the form in which no shell stands between. */
  static List<String> words(String json) throws IOException {
    return Arrays.asList(new ObjectMapper().readValue(json, String[].class));
  }

  /** The pairs of ENV or LABEL. */
  Map<String, String> pairs(String word) {
    Map<String, String> pairs = new TreeMap<>();
    Matcher pair = PAIR.matcher(one(word));
    while (pair.find()) {
      pairs.put(pair.group(1), pair.group(2) == null ? pair.group(3) : pair.group(2));
    }
    return pairs;
  }
}
