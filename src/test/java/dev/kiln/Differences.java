package dev.kiln;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What is said differently in two places that should say the same, one line each. */
final class Differences {
  private Differences() {}

  /** The names that only one of them has, and those whose value differs. */
  static List<String> between(Map<String, String> listed, Map<String, String> real) {
    List<String> differences = new ArrayList<>();
    new TreeMap<>(real)
        .forEach(
            (name, value) -> {
              String said = listed.get(name);
              if (said == null) {
                differences.add(name + " is not listed");
              } else if (!said.equals(value)) {
                differences.add(name + " is listed as " + said + " and is " + value);
              }
            });
    new TreeMap<>(listed)
        .keySet()
        .forEach(
            name -> {
              if (!real.containsKey(name)) {
                differences.add(name + " is listed and does not exist");
              }
            });
    return differences;
  }

  /** The names that only one of them has. */
  static List<String> between(Set<String> listed, Set<String> real) {
    return between(named(listed), named(real));
  }

  private static Map<String, String> named(Set<String> names) {
    return names.stream().collect(Collectors.toMap(Function.identity(), name -> ""));
  }
}
