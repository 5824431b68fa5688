package dev.kiln.clay;

import dev.kiln.lead.InvalidConfiguration;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code config/clay.yaml} says: the workspaces, tables, webhooks and budgets, checked as a
 * whole. Immutable and so safe in any thread; the maps keep the order of the file. A changed file
 * or secret is a new catalogue.
 *
 * @param workspaces by name; at least one
 * @param tables by name; at least one
 * @param budgets what may be spent
 */
public record Catalogue(
    Map<String, Workspace> workspaces, Map<String, Table> tables, Budgets budgets) {
  /** Copies the maps. */
  public Catalogue {
    workspaces = Collections.unmodifiableMap(new LinkedHashMap<>(workspaces));
    tables = Collections.unmodifiableMap(new LinkedHashMap<>(tables));
  }

  /**
   * Reads the file and every secret it refers to. Sends nothing and resolves no host name.
   *
   * @param clayYaml the file, UTF-8
   * @param secretsDir the folder that {@code {{secret:x}}} names files in
   * @param environment what {@code {{env:X}}} refers to
   * @throws InvalidConfiguration at the first fault, with its line and the nearest valid word;
   *     never with a secret
   */
  public static Catalogue read(Path clayYaml, Path secretsDir, Map<String, String> environment) {
    return new CatalogueReader(clayYaml, new Placeholders(secretsDir, environment)).read();
  }

  /**
   * Reads the file without its secrets, for what needs none, such as a plan before the first
   * webhook exists. Every URL and token is a stand-in, so nothing can be sent with it, and {@link
   * Webhook#id()} is that of the stand-in.
   *
   * @param clayYaml the file, UTF-8
   * @param secretsDir the folder of the secrets, for messages; need not exist
   * @throws InvalidConfiguration at the first fault, with its line and the nearest valid word
   */
  public static Catalogue readWithoutSecrets(Path clayYaml, Path secretsDir) {
    return new CatalogueReader(clayYaml, Placeholders.standIns(secretsDir)).read();
  }

  /**
   * What the file names and nobody has set yet: one message for each secret and variable, with its
   * line. None where all is there.
   *
   * @param clayYaml the file, UTF-8
   * @param secretsDir the folder that {@code {{secret:x}}} names files in
   * @param environment what {@code {{env:X}}} refers to
   * @throws InvalidConfiguration at the first fault of another kind
   */
  public static List<String> unset(
      Path clayYaml, Path secretsDir, Map<String, String> environment) {
    List<String> missing = new ArrayList<>();
    Catalogue unused =
        new CatalogueReader(clayYaml, Placeholders.noting(secretsDir, environment, missing)).read();
    return missing;
  }

  /**
   * A table by its name.
   *
   * @param name the table's name
   */
  public Optional<Table> table(String name) {
    return Optional.ofNullable(tables.get(name));
  }

  /**
   * A webhook by its name, whichever table it belongs to.
   *
   * @param name the webhook's name
   */
  public Optional<Webhook> webhook(String name) {
    return tables.values().stream()
        .flatMap(table -> table.webhooks().stream())
        .filter(webhook -> webhook.name().equals(name))
        .findFirst();
  }
}
