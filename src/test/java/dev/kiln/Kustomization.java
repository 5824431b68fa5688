package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * What {@code kubectl kustomize --load-restrictor LoadRestrictionsNone} makes of a folder, as far
 * as the shipped folders go: resources, ConfigMaps out of files, names of images.
 */
final class Kustomization {
  private static final Set<String> KNOWN =
      Set.of("apiVersion", "kind", "resources", "generatorOptions", "configMapGenerator", "images");

  private final Path folder;
  private final Map<String, Object> said;
  private final List<Map<String, Object>> built = new ArrayList<>();

  private Kustomization(Path folder) throws IOException {
    this.folder = folder;
    Path file = folder.resolve("kustomization.yaml");
    said = documents(file).get(0);
    assertThat(KNOWN).as(file + ": teach this model what is new").containsAll(said.keySet());
  }

  /** The manifests that come out of a folder. */
  static List<Map<String, Object>> build(Path folder) throws IOException {
    return new Kustomization(folder).build();
  }

  /** The documents of a YAML file. */
  static List<Map<String, Object>> documents(Path file) throws IOException {
    List<Map<String, Object>> documents = new ArrayList<>();
    new Load(LoadSettings.builder().setLabel(file.toString()).build())
        .loadAllFromString(Files.readString(file))
        .forEach(document -> documents.add(map(document)));
    return documents;
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> map(@Nullable Object node) {
    return (Map<String, Object>) assertThat(node).isInstanceOf(Map.class).actual();
  }

  @SuppressWarnings("unchecked")
  static List<Object> list(@Nullable Object node) {
    return node == null ? List.of() : (List<Object>) node;
  }

  private List<Map<String, Object>> build() throws IOException {
    for (Object resource : list(said.get("resources"))) {
      Path path = folder.resolve(resource.toString()).normalize();
      built.addAll(Files.isDirectory(path) ? build(path) : documents(path));
    }
    for (Object generator : list(said.get("configMapGenerator"))) {
      generate(map(generator));
    }
    for (Object image : list(said.get("images"))) {
      rename(map(image));
    }
    return built;
  }

  private void generate(Map<String, Object> generator) throws IOException {
    assertThat(map(said.get("generatorOptions")))
        .as("a hash in the names would restart pods with each change")
        .containsEntry("disableNameSuffixHash", true);
    Object name = generator.get("name");
    boolean merge = "merge".equals(generator.get("behavior"));
    List<Map<String, Object>> there =
        built.stream()
            .filter(one -> "ConfigMap".equals(one.get("kind")))
            .filter(one -> Objects.equals(map(one.get("metadata")).get("name"), name))
            .toList();
    assertThat(there).as("ConfigMaps %s that are there already", name).hasSize(merge ? 1 : 0);
    Map<String, Object> data = merge ? map(there.get(0).get("data")) : new LinkedHashMap<>();
    for (Object file : list(generator.get("files"))) {
      Path path = folder.resolve(file.toString()).normalize();
      data.put(path.getFileName().toString(), Files.readString(path));
    }
    if (!merge) {
      built.add(
          new LinkedHashMap<>(
              Map.of(
                  "apiVersion",
                  "v1",
                  "kind",
                  "ConfigMap",
                  "metadata",
                  new LinkedHashMap<>(Map.of("name", name)),
                  "data",
                  data)));
    }
  }

  private void rename(Map<String, Object> image) {
    built.forEach(
        manifest ->
            containers(
                manifest,
                container ->
                    container.computeIfPresent(
                        "image",
                        (key, name) ->
                            name.equals(image.get("name"))
                                ? image.get("newName") + ":" + image.get("newTag")
                                : name)));
  }

  private static void containers(@Nullable Object node, Consumer<Map<String, Object>> each) {
    if (node instanceof Map<?, ?> mapping) {
      mapping.forEach(
          (key, value) -> {
            if (key.equals("containers")) {
              list(value).forEach(container -> each.accept(map(container)));
            } else {
              containers(value, each);
            }
          });
    } else if (node instanceof List<?> sequence) {
      sequence.forEach(child -> containers(child, each));
    }
  }
}
