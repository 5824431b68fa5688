package dev.kiln;

import static dev.kiln.Kustomization.list;
import static dev.kiln.Kustomization.map;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.Endpoint;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The manifests for Kubernetes and Camel K: each by its schema, where an unknown field is a fault,
 * and all of them one against the other, against the image and against Kiln itself.
 */
final class ManifestTest {
  private static final Path DEPLOY = Path.of("config/deploy");
  private static final String SINGLE = "kubernetes/overlays/single";
  private static final String CLUSTER = "kubernetes/overlays/cluster";
  private static final String CAMEL_K = "camel-k";

  private static final Map<String, Class<?>> TYPES =
      Map.of(
          "v1/ConfigMap", ConfigMap.class,
          "v1/PersistentVolumeClaim", PersistentVolumeClaim.class,
          "v1/Service", Service.class,
          "v1/ServiceAccount", ServiceAccount.class,
          "apps/v1/StatefulSet", StatefulSet.class,
          "batch/v1/Job", Job.class,
          "networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class,
          "policy/v1/PodDisruptionBudget", PodDisruptionBudget.class,
          "monitoring.coreos.com/v1/ServiceMonitor", ServiceMonitor.class);

  private static final String INTEGRATION = "camel.apache.org/v1/Integration";

  /**
   * The traits that the operators 2.9.3, 2.10.2 and 2.11 have and do not call deprecated, by their
   * documentation; pod, jolokia, openapi, logging, master, telemetry, prometheus and route are not
   * among them.
   */
  private static final Set<String> TRAITS =
      Set.of(
          "affinity",
          "builder",
          "camel",
          "container",
          "cron",
          "deployer",
          "deployment",
          "environment",
          "health",
          "ingress",
          "init-containers",
          "istio",
          "jvm",
          "kamelets",
          "keda",
          "knative",
          "knative-service",
          "mount",
          "owner",
          "pdb",
          "pull-secret",
          "quarkus",
          "security-context",
          "service",
          "toleration");

  /** Fields whose keys are names of the author's own. */
  private static final Set<String> FREE =
      Set.of("labels", "matchLabels", "data", "requests", "limits", "selector");

  private static final Pattern SECRET = Pattern.compile("\\{\\{secret:([^}]*)}}");
  private static final Pattern IMAGE = Pattern.compile("registry\\.example\\.com/kiln:([\\w.-]+)");
  private static final Pattern MOUNT =
      Pattern.compile("(?:(configmap|secret):)?([a-z-]+)[@:](/\\S+)");

  /** How long a stop takes at most, as StopIT proves it. */
  private static final long STOP_SECONDS = 25;

  private static final ObjectMapper STRICT =
      JsonMapper.builder()
          .annotationIntrospector(
              new JacksonAnnotationIntrospector() {
                private static final long serialVersionUID = 1L;

                /** Nothing takes in what no field knows. */
                @Override
                public Boolean hasAnySetter(Annotated member) {
                  return false;
                }
              })
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private static final JsonSchema CAMEL_K_SCHEMA = integrationSchema();

  // ---- Reading ----

  /** The version of pom.xml. */
  static String version() throws IOException {
    Matcher version =
        Pattern.compile("<artifactId>kiln</artifactId>\\s*<version>(.*?)</version>")
            .matcher(Files.readString(Path.of("pom.xml")));
    assertThat(version.find()).isTrue();
    return version.group(1);
  }

  private static JsonSchema integrationSchema() {
    try (InputStream crd =
        ManifestTest.class.getResourceAsStream("/camel.apache.org_integrations.yaml")) {
      Path copy = Files.createTempFile("integrations", ".yaml");
      Files.copy(Objects.requireNonNull(crd), copy, StandardCopyOption.REPLACE_EXISTING);
      JsonNode node = STRICT.valueToTree(Kustomization.documents(copy).get(0));
      Files.delete(copy);
      JsonNode schema = node.at("/spec/versions/0/schema/openAPIV3Schema");
      close(schema);
      return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7).getSchema(schema);
    } catch (IOException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** Objects whose properties are named have no others, unless the schema says so. */
  private static void close(JsonNode schema) {
    if (schema instanceof ObjectNode object
        && object.path("properties").isObject()
        && !object.has("additionalProperties")
        && !object.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
      object.put("additionalProperties", false);
    }
    if (schema instanceof ObjectNode object) {
      object.properties().removeIf(field -> field.getKey().startsWith("x-kubernetes-"));
    }
    schema.forEach(ManifestTest::close);
  }

  private static List<Map<String, Object>> build(String folder) throws IOException {
    List<Map<String, Object>> built = Kustomization.build(DEPLOY.resolve(folder));
    assertThat(built).as("a check that passes on nothing checks nothing").hasSizeGreaterThan(4);
    return built;
  }

  private static String type(Map<String, Object> manifest) {
    return manifest.get("apiVersion") + "/" + manifest.get("kind");
  }

  private static String name(Map<String, Object> manifest) {
    return String.valueOf(map(manifest.get("metadata")).get("name"));
  }

  /** Takes a manifest by its schema; throws at the first fault. */
  private static Object read(Map<String, Object> manifest) {
    if (type(manifest).equals(INTEGRATION)) {
      JsonNode node = STRICT.valueToTree(manifest);
      Set<ValidationMessage> faults = CAMEL_K_SCHEMA.validate(node);
      if (!faults.isEmpty()) {
        throw new IllegalArgumentException(faults.toString());
      }
      // Of which the schema says nothing.
      ObjectMeta unused = STRICT.convertValue(manifest.get("metadata"), ObjectMeta.class);
      return node;
    }
    Class<?> model = TYPES.get(type(manifest));
    if (model == null) {
      throw new IllegalArgumentException("no schema for " + type(manifest));
    }
    return STRICT.convertValue(manifest, model);
  }

  private static <T> List<T> all(String folder, Class<T> model) throws IOException {
    return build(folder).stream()
        .filter(manifest -> model.equals(TYPES.get(type(manifest))))
        .map(manifest -> model.cast(read(manifest)))
        .toList();
  }

  private static <T> T one(String folder, Class<T> model) throws IOException {
    List<T> found = all(folder, model);
    assertThat(found).as(model.getSimpleName() + " of " + folder).hasSize(1);
    return found.get(0);
  }

  private static PodTemplateSpec template(String folder) throws IOException {
    return one(folder, StatefulSet.class).getSpec().getTemplate();
  }

  private static PodSpec pod(String folder) throws IOException {
    return template(folder).getSpec();
  }

  private static Container container(String folder) throws IOException {
    assertThat(pod(folder).getContainers()).hasSize(1);
    return pod(folder).getContainers().get(0);
  }

  private static JsonNode integration() throws IOException {
    return (JsonNode)
        read(
            build(CAMEL_K).stream()
                .filter(manifest -> type(manifest).equals(INTEGRATION))
                .findFirst()
                .orElseThrow());
  }

  private static JsonNode trait(String name) throws IOException {
    JsonNode trait = integration().at("/spec/traits/" + name);
    assertThat(trait.isObject()).as("trait " + name).isTrue();
    return trait;
  }

  // ---- By the schemas ----

  @ParameterizedTest
  @ValueSource(strings = {SINGLE, CLUSTER, CAMEL_K})
  @DisplayName("every manifest is valid by its schema, and each name is there once")
  void schemas(String folder) throws IOException {
    Set<String> names = new TreeSet<>();
    for (Map<String, Object> manifest : build(folder)) {
      read(manifest);
      assertThat(names.add(type(manifest) + "/" + name(manifest))).isTrue();
      assertThat(type(manifest)).as("secrets are never in files").isNotEqualTo("v1/Secret");
    }
  }

  @Test
  @DisplayName("every file below kubernetes and camel-k is part of what is built")
  void nothingIsForgotten() throws IOException {
    Set<String> built = new TreeSet<>();
    for (String folder : List.of(SINGLE, CLUSTER, CAMEL_K)) {
      build(folder).forEach(manifest -> built.add(type(manifest) + "/" + name(manifest)));
    }
    for (String folder : List.of("kubernetes", "camel-k")) {
      try (Stream<Path> files = Files.walk(DEPLOY.resolve(folder))) {
        for (Path file : files.filter(one -> one.toString().endsWith(".yaml")).toList()) {
          if (!file.endsWith("kustomization.yaml")) {
            for (Map<String, Object> manifest : Kustomization.documents(file)) {
              assertThat(built).contains(type(manifest) + "/" + name(manifest));
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {SINGLE, CLUSTER, CAMEL_K})
  @DisplayName("a slip in any field's name is found")
  void slips(String folder) throws IOException {
    List<String> slips = new ArrayList<>();
    for (Map<String, Object> manifest : build(folder)) {
      fields(
          manifest,
          (holder, field) -> {
            Object value = holder.remove(field);
            holder.put(field + "x", value);
            assertThatThrownBy(() -> read(manifest))
                .as(type(manifest) + " with " + field + "x")
                .isInstanceOf(IllegalArgumentException.class);
            slips.add(field);
            holder.remove(field + "x");
            holder.put(field, value);
          });
    }
    assertThat(slips).hasSizeGreaterThan(50);
  }

  /** Every field whose name is the schema's, with the mapping that holds it. */
  private static void fields(Object node, BiConsumer<Map<String, Object>, String> each) {
    if (node instanceof Map<?, ?>) {
      Map<String, Object> mapping = map(node);
      for (String field : List.copyOf(mapping.keySet())) {
        each.accept(mapping, field);
        boolean named =
            FREE.contains(field)
                && map(mapping.get(field)).keySet().stream()
                    .noneMatch(Set.of("matchLabels", "matchExpressions")::contains);
        if (!named) {
          fields(Objects.requireNonNull(mapping.get(field)), each);
        }
      }
    } else if (node instanceof List<?> sequence) {
      sequence.forEach(child -> fields(child, each));
    }
  }

  @Test
  @DisplayName(
      "the Integration has only traits that no supported operator lacks or calls deprecated")
  void traits() throws IOException {
    Set<String> used = new TreeSet<>();
    integration().at("/spec/traits").fieldNames().forEachRemaining(used::add);
    assertThat(TRAITS).containsAll(used);
    assertThat(used).contains("camel", "container", "health", "mount");
    assertThat(integration().at("/spec").has("template")).as("it needs the trait pod").isFalse();
    assertThat(trait("camel").path("runtimeVersion").asText()).isNotBlank();
  }

  // ---- One against the other ----

  @Test
  @DisplayName("the image has one name and the version of pom.xml everywhere")
  void image() throws IOException {
    Set<String> images = new TreeSet<>();
    images.add(container(SINGLE).getImage());
    images.add(container(CLUSTER).getImage());
    images.add(trait("container").path("image").asText());
    one(CAMEL_K, Job.class)
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .forEach(job -> images.add(job.getImage()));
    for (Path text : List.of(Path.of("README.md"), Containerfile.FILE)) {
      Matcher image = IMAGE.matcher(Files.readString(text));
      assertThat(image.find()).as(text + " names the image").isTrue();
      do {
        images.add(image.group());
      } while (image.find());
    }
    assertThat(images).containsExactly("registry.example.com/kiln:" + version());
  }

  @ParameterizedTest
  @ValueSource(strings = {SINGLE, CLUSTER})
  @DisplayName("ports, names and labels lead from the monitor to the service to the pod to Kiln")
  void ports(String folder, @TempDir Path mounts) throws Exception {
    int listening = settings(folder, mounts).listen().orElseThrow().getPort();
    List<ContainerPort> ports = container(folder).getPorts();
    assertThat(ports).extracting(ContainerPort::getContainerPort).containsExactly(listening);
    String port = ports.get(0).getName();
    Map<String, String> labels = template(folder).getMetadata().getLabels();

    Service service = one(folder, Service.class);
    assertThat(service.getSpec().getSelector()).isEqualTo(labels);
    assertThat(service.getSpec().getPorts())
        .extracting(served -> served.getTargetPort().getStrVal())
        .containsExactly(port);
    assertThat(service.getSpec().getPorts())
        .extracting(ServicePort::getPort)
        .containsExactly(listening);

    ServiceMonitor monitor = one(folder, ServiceMonitor.class);
    assertThat(service.getMetadata().getLabels())
        .containsAllEntriesOf(monitor.getSpec().getSelector().getMatchLabels());
    assertThat(monitor.getSpec().getEndpoints())
        .extracting(Endpoint::getPort)
        .containsExactly(service.getSpec().getPorts().get(0).getName());

    PodDisruptionBudget budget = one(folder, PodDisruptionBudget.class);
    assertThat(budget.getSpec().getSelector().getMatchLabels()).isEqualTo(labels);
    assertThat(budget.getSpec().getMaxUnavailable().getIntVal()).isEqualTo(1);
    for (NetworkPolicy policy : all(folder, NetworkPolicy.class)) {
      assertThat(policy.getSpec().getPodSelector().getMatchLabels()).isEqualTo(labels);
    }
    StatefulSet set = one(folder, StatefulSet.class);
    assertThat(set.getSpec().getSelector().getMatchLabels()).isEqualTo(labels);
    assertThat(set.getSpec().getServiceName()).isEqualTo(service.getMetadata().getName());
    assertThat(set.getSpec().getReplicas())
        .as("one Kiln to a ledger on a disk, two to one that they share")
        .isEqualTo(folder.equals(SINGLE) ? 1 : 2);
    if (folder.equals(CLUSTER)) {
      assertThat(pod(folder).getTopologySpreadConstraints())
          .singleElement()
          .satisfies(
              spread -> {
                assertThat(spread.getTopologyKey()).isEqualTo("kubernetes.io/hostname");
                assertThat(spread.getLabelSelector().getMatchLabels()).isEqualTo(labels);
              });
    }
    assertThat(pod(folder).getServiceAccountName())
        .isEqualTo(one(folder, ServiceAccount.class).getMetadata().getName());
    assertThat(trait("container").path("port").asInt()).isEqualTo(listening);
    assertThat(trait("container").path("servicePort").asInt()).isEqualTo(listening);
  }

  @ParameterizedTest
  @ValueSource(strings = {SINGLE, CLUSTER})
  @DisplayName(
      "the network lets in the ingress and the monitoring, and out names, HTTPS, the ledger")
  void network(String folder) throws IOException {
    Set<Integer> out = new TreeSet<>();
    for (NetworkPolicy policy : all(folder, NetworkPolicy.class)) {
      policy
          .getSpec()
          .getEgress()
          .forEach(rule -> rule.getPorts().forEach(to -> out.add(to.getPort().getIntVal())));
      policy
          .getSpec()
          .getIngress()
          .forEach(
              rule -> {
                assertThat(rule.getFrom()).as("nobody is let in unnamed").isNotEmpty();
                assertThat(rule.getFrom()).allMatch(from -> from.getNamespaceSelector() != null);
                assertThat(rule.getPorts())
                    .extracting(allowed -> allowed.getPort().getStrVal())
                    .containsExactly("http");
              });
    }
    assertThat(out)
        .containsExactlyElementsOf(
            folder.equals(SINGLE) ? List.of(53, 443) : List.of(53, 443, 5432));
    assertThat(all(folder, NetworkPolicy.class).get(0).getSpec().getPolicyTypes())
        .containsExactly("Ingress", "Egress");
  }

  @ParameterizedTest
  @ValueSource(strings = {SINGLE, CLUSTER})
  @DisplayName("a pod has no rights, a root that is read only, and time to stop")
  void security(String folder) throws Exception {
    PodSpec pod = pod(folder);
    Container kiln = container(folder);
    assertThat(pod.getTerminationGracePeriodSeconds()).isGreaterThan(STOP_SECONDS);
    assertThat(pod.getAutomountServiceAccountToken()).isFalse();
    assertThat(pod.getEnableServiceLinks()).as("KILN_ variables of the service").isFalse();
    assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(
            pod.getSecurityContext().getRunAsUser() + ":" + pod.getSecurityContext().getFsGroup())
        .isEqualTo(new Containerfile().one("USER"));
    assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
    assertThat(kiln.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
    assertThat(kiln.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
    assertThat(kiln.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
    assertThat(kiln.getResources().getRequests()).containsKeys("cpu", "memory");
    assertThat(kiln.getResources().getLimits()).containsOnlyKeys("memory");
    assertThat(kiln.getArgs()).isEqualTo(Containerfile.words(new Containerfile().one("CMD")));
    assertThat(kiln.getCommand()).as("the launcher of the image").isEmpty();
  }

  @Test
  @DisplayName("both overlays run Kiln alike, and Camel K too as far as its traits can say")
  void alike() throws IOException {
    Container single = container(SINGLE);
    Container cluster = container(CLUSTER);
    assertThat(cluster.getSecurityContext()).isEqualTo(single.getSecurityContext());
    assertThat(cluster.getResources()).isEqualTo(single.getResources());
    assertThat(cluster.getPorts()).isEqualTo(single.getPorts());
    assertThat(pod(CLUSTER).getSecurityContext()).isEqualTo(pod(SINGLE).getSecurityContext());
    JsonNode health = trait("health");
    for (Container kiln : List.of(single, cluster)) {
      same(health, "startup", kiln.getStartupProbe());
      same(health, "liveness", kiln.getLivenessProbe());
      same(health, "readiness", kiln.getReadinessProbe());
    }
    JsonNode traits = trait("container");
    assertThat(traits.path("runAsUser").asLong())
        .isEqualTo(trait("security-context").path("runAsUser").asLong())
        .isEqualTo(pod(SINGLE).getSecurityContext().getRunAsUser());
    assertThat(traits.path("requestMemory").asText())
        .isEqualTo(String.valueOf(single.getResources().getRequests().get("memory")));
    assertThat(traits.path("limitMemory").asText())
        .isEqualTo(String.valueOf(single.getResources().getLimits().get("memory")));
    assertThat(traits.path("capabilitiesDrop")).hasToString("[\"ALL\"]");
    assertThat(integration().at("/spec/replicas").asInt()).isEqualTo(1);
    assertThat(trait("deployment").path("strategy").asText())
        .as("two at once on one data folder: the second ends with exit code 3")
        .isEqualTo("Recreate");
  }

  private static void same(JsonNode health, String kind, Probe probe) {
    assertThat(health.path(kind + "ProbeEnabled").asBoolean()).as(kind).isTrue();
    assertThat(health.path(kind + "Probe").asText()).isEqualTo(probe.getHttpGet().getPath());
    assertThat(health.path(kind + "Period").asInt()).isEqualTo(probe.getPeriodSeconds());
    assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo("http");
  }

  // ---- Against the image and Kiln ----

  /** What is mounted where: "kind name" by folder. */
  private static Map<String, String> mounts(String folder) throws IOException {
    Map<String, String> mounts = new TreeMap<>();
    if (folder.equals(CAMEL_K)) {
      for (String list : List.of("resources", "volumes", "emptyDirs")) {
        for (JsonNode entry : trait("mount").path(list)) {
          Matcher mount = MOUNT.matcher(entry.asText());
          assertThat(mount.matches()).as(entry.asText()).isTrue();
          String kind = list.equals("resources") ? mount.group(1) : list;
          mounts.put(mount.group(3), kind + " " + mount.group(2));
        }
      }
      return mounts;
    }
    Map<String, String> volumes = new TreeMap<>();
    for (Volume volume : pod(folder).getVolumes()) {
      if (volume.getConfigMap() != null) {
        volumes.put(volume.getName(), "configmap " + volume.getConfigMap().getName());
      } else if (volume.getSecret() != null) {
        volumes.put(volume.getName(), "secret " + volume.getSecret().getSecretName());
      } else if (volume.getPersistentVolumeClaim() != null) {
        volumes.put(
            volume.getName(), "volumes " + volume.getPersistentVolumeClaim().getClaimName());
      } else {
        assertThat(volume.getEmptyDir()).isNotNull();
        volumes.put(volume.getName(), "emptyDirs " + volume.getName());
      }
    }
    one(folder, StatefulSet.class)
        .getSpec()
        .getVolumeClaimTemplates()
        .forEach(
            claim ->
                volumes.put(
                    claim.getMetadata().getName(),
                    "volumes kiln-" + claim.getMetadata().getName()));
    Set<String> unused = new TreeSet<>(volumes.keySet());
    for (VolumeMount mount : container(folder).getVolumeMounts()) {
      assertThat(volumes).containsKey(mount.getName());
      unused.remove(mount.getName());
      String what = Objects.requireNonNull(volumes.get(mount.getName()));
      mounts.put(mount.getMountPath(), what);
      assertThat(Boolean.TRUE.equals(mount.getReadOnly()))
          .as(mount.getMountPath() + " is read only")
          .isEqualTo(what.startsWith("configmap") || what.startsWith("secret"));
    }
    assertThat(unused).as("volumes that nothing mounts").isEmpty();
    return mounts;
  }

  @ParameterizedTest
  @ValueSource(strings = {SINGLE, CLUSTER, CAMEL_K})
  @DisplayName("what is mounted is where the image's Kiln looks, and every ConfigMap is there")
  void mounted(String folder) throws IOException {
    Map<String, String> mounts = mounts(folder);
    Map<String, String> places = new Containerfile().pairs("ENV");
    assertThat(mounts)
        .containsEntry(places.get("KILN_CONFIG"), "configmap kiln-config")
        .containsEntry(places.get("KILN_ROUTES"), "configmap kiln-routes")
        .containsEntry(places.get("KILN_SECRETS"), "secret kiln-secrets")
        .containsEntry(places.get("KILN_DATA"), "volumes kiln-data")
        .containsEntry("/tmp", "emptyDirs temporary")
        .hasSize(folder.equals(CLUSTER) ? 7 : 5);
    if (folder.equals(CLUSTER)) {
      String numbers =
          Objects.requireNonNull(
              Objects.requireNonNull(configMaps(folder).get("kiln-config")).get(Settings.FILE));
      for (String key : List.of(Settings.INBOX, Settings.SPOOL)) {
        Matcher shared =
            Pattern.compile("(?m)^" + Pattern.quote(key) + " = (.*)$").matcher(numbers);
        assertThat(shared.find()).as(key).isTrue();
        assertThat(mounts).containsEntry(shared.group(1), "volumes kiln-shared");
      }
    }
    assertThat(configMaps(folder)).containsOnlyKeys("kiln-config", "kiln-routes");
    if (!folder.equals(SINGLE)) {
      PersistentVolumeClaim claim = one(folder, PersistentVolumeClaim.class);
      assertThat(mounts).containsValue("volumes " + claim.getMetadata().getName());
    }
  }

  private static Map<String, Map<String, String>> configMaps(String folder) throws IOException {
    Map<String, Map<String, String>> maps = new TreeMap<>();
    for (ConfigMap one : all(folder, ConfigMap.class)) {
      maps.put(one.getMetadata().getName(), one.getData());
      assertThat(one.toString().length()).as("what etcd takes").isLessThan(1 << 20);
    }
    return maps;
  }

  /** A folder as the kubelet makes it: links to links to the files. */
  private static Path mount(Path folder, Map<String, String> files) throws IOException {
    Path data = Files.createDirectories(folder.resolve("..2026_11_25"));
    Files.createSymbolicLink(folder.resolve("..data"), data.getFileName());
    for (Map.Entry<String, String> file : files.entrySet()) {
      Files.writeString(data.resolve(file.getKey()), file.getValue());
      Files.createSymbolicLink(folder.resolve(file.getKey()), Path.of("..data", file.getKey()));
    }
    return folder;
  }

  /** The folders of a pod, with secrets that are made up. */
  private static Places places(String folder, Path mounts) throws IOException {
    Map<String, String> config =
        new LinkedHashMap<>(Objects.requireNonNull(configMaps(folder).get("kiln-config")));
    Path inbox = Files.createDirectories(mounts.resolve("inbox"));
    config.compute(
        Settings.FILE,
        (file, text) ->
            String.valueOf(text)
                .replace("= /var/lib/kiln-inbox", "= " + inbox)
                // There is no PostgreSQL here.
                .replaceAll("(?m)^kiln\\.ledger\\..*", ""));
    Map<String, String> secrets = new TreeMap<>();
    secrets(folder).forEach(secret -> secrets.put(secret, "https://clay.example/" + secret));
    return new Places(
        mount(mounts.resolve("config"), config),
        mount(
            mounts.resolve("routes"),
            Objects.requireNonNull(configMaps(folder).get("kiln-routes"))),
        mounts.resolve("data"),
        mount(mounts.resolve("secrets"), secrets));
  }

  private static Settings settings(String folder, Path mounts) throws IOException {
    return Settings.read(places(folder, mounts).config());
  }

  /** The keys that the Secret needs. */
  private static Set<String> secrets(String folder) throws IOException {
    Set<String> secrets = new TreeSet<>();
    configMaps(folder).values().stream()
        .map(Map::values)
        .flatMap(Collection::stream)
        .flatMap(String::lines)
        .filter(line -> !line.strip().startsWith("#"))
        .forEach(
            line -> {
              Matcher secret = SECRET.matcher(line);
              while (secret.find()) {
                secrets.add(secret.group(1));
              }
            });
    assertThat(secrets).contains("http-token", "tech-1-url");
    if (folder.equals(CLUSTER)) {
      assertThat(secrets).contains("ledger-username", "ledger-password");
    }
    return secrets;
  }

  @Test
  @DisplayName("kiln check takes what the pods mount, and the ConfigMaps have every file")
  void checked(@TempDir Path mounts) throws Exception {
    App.check(places(SINGLE, mounts));
    Map<String, String> routes = new TreeMap<>();
    try (Stream<Path> files = Files.list(Path.of("routes"))) {
      for (Path file : files.toList()) {
        routes.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    assertThat(configMaps(SINGLE)).containsEntry("kiln-routes", routes);
    Set<String> files;
    try (Stream<Path> listed = Files.list(Path.of("config"))) {
      files =
          listed
              .filter(Files::isRegularFile)
              .map(file -> file.getFileName().toString())
              .collect(Collectors.toSet());
    }
    Map<String, String> config = Objects.requireNonNull(configMaps(SINGLE).get("kiln-config"));
    assertThat(config.keySet()).isEqualTo(files);
    assertThat(configMaps(CAMEL_K)).isEqualTo(configMaps(SINGLE));
    Map<String, Map<String, String>> cluster = configMaps(CLUSTER);
    Objects.requireNonNull(cluster.get("kiln-config"))
        .put(Settings.FILE, String.valueOf(config.get(Settings.FILE)));
    assertThat(cluster).as("but for its numbers").isEqualTo(configMaps(SINGLE));
  }

  @ParameterizedTest
  @ValueSource(strings = {SINGLE, CLUSTER, CAMEL_K})
  @DisplayName("every key of the Secret is told to whoever has to make it")
  void secretsAreTold(String folder) throws IOException {
    String told =
        Files.readString(Path.of("config/secrets/README")) + Files.readString(Path.of("README.md"));
    for (String secret : secrets(folder)) {
      assertThat(told).as("say what the secret is").containsPattern("\\b" + secret + "\\b");
    }
    assertThat(told)
        .contains("docker build -f " + Containerfile.FILE)
        .contains("create secret generic kiln-secrets --from-file=config/secrets")
        .contains("--load-restrictor LoadRestrictionsNone " + DEPLOY.resolve(folder));
    if (!folder.equals(CAMEL_K)) {
      assertThat(one(folder, ServiceMonitor.class).getSpec().getEndpoints())
          .allSatisfy(
              endpoint -> {
                assertThat(endpoint.getAuthorization().getCredentials().getName())
                    .isEqualTo("kiln-secrets");
                assertThat(secrets(folder))
                    .contains(endpoint.getAuthorization().getCredentials().getKey());
              });
    }
  }

  /** The paths that probes and the monitor ask for. */
  static Set<String> asked() throws IOException {
    Container kiln = container(SINGLE);
    Set<String> paths = new TreeSet<>();
    Stream.of(kiln.getStartupProbe(), kiln.getLivenessProbe(), kiln.getReadinessProbe())
        .forEach(probe -> paths.add(probe.getHttpGet().getPath()));
    one(SINGLE, ServiceMonitor.class)
        .getSpec()
        .getEndpoints()
        .forEach(endpoint -> paths.add(endpoint.getPath()));
    return paths;
  }
}
