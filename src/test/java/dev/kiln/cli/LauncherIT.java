package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real launcher, mostly with a Java that only shows what it was started with. */
final class LauncherIT {
  private static final Path PROJECT = Path.of("").toAbsolutePath();
  private static final Path LAUNCHER = PROJECT.resolve("kiln");

  /** Shows its process id, its folder and its arguments, one a line. */
  private static final String SHOWING_JAVA =
      """
      #!/bin/sh
      if [ "$*" = -version ]; then
        echo 'Picked up JAVA_TOOL_OPTIONS: -Dx="1"' >&2
        echo 'openjdk version "VERSION" 2025-04-15' >&2
        exit 0
      fi
      echo "pid $$"
      echo "folder $(pwd -P)"
      [ -z "${SHOW_LOCALE-}" ] || echo "locale ${LC_ALL-}"
      for argument in "$@"; do echo "<$argument>"; done
      exit 7
      """;

  /** Stands for the build: says so, takes a moment, and leaves a jar. */
  private static final String BUILDING_MVNW =
      """
      #!/bin/sh
      echo "$@" >>builds
      echo "the output of the build$MAVEN_OPTS"
      cat >input
      sleep 0.5
      mkdir -p target
      echo whole >target/kiln.jar
      """;

  private Path temporary;
  private Path folder;
  private Path javaHome;

  /** Where each process that was started writes its errors. */
  private final Map<Process, Path> errors = new HashMap<>();

  private record Ended(long pid, int exit, List<String> out, String err) {}

  @BeforeEach
  void makeFolders(@TempDir Path given) throws IOException {
    temporary = given.toRealPath();
    folder = Files.createDirectories(temporary.resolve("a folder"));
    javaHome = javaOf("17.0.999");
  }

  private Path javaOf(String version) throws IOException {
    Path home = temporary.resolve("java " + version);
    script(home.resolve("bin/java"), SHOWING_JAVA.replace("VERSION", version));
    return home;
  }

  private static void script(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Process start(Map<String, String> environment, Path launcher, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().remove("KILN_JAVA_OPTS");
    builder.environment().remove("JAVA_HOME");
    builder.environment().remove("MAVEN_OPTS");
    builder.environment().put("CDPATH", PROJECT.toString());
    builder.environment().putAll(environment);
    builder.redirectError(Files.createTempFile(temporary, "err", null).toFile());
    Process process = builder.start();
    process.getOutputStream().close();
    errors.put(process, builder.redirectError().file().toPath());
    return process;
  }

  private Ended end(Process process) throws IOException, InterruptedException {
    List<String> out = process.inputReader().lines().toList();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    return new Ended(
        process.pid(), process.exitValue(), out, Files.readString(errors.get(process)));
  }

  private Ended run(Path home, Path launcher, String... arguments)
      throws IOException, InterruptedException {
    return end(start(Map.of("JAVA_HOME", home.toString()), launcher, arguments));
  }

  /** A folder with a copy of the launcher and nothing else. */
  private Path lonelyFolder() throws IOException {
    Path home = Files.createDirectories(temporary.resolve("another home"));
    Files.copy(LAUNCHER, home.resolve("kiln"), StandardCopyOption.COPY_ATTRIBUTES);
    return home;
  }

  /** A source folder whose build is the given script. */
  private Path sourceFolder(String mvnw) throws IOException {
    Path home = lonelyFolder();
    Files.writeString(home.resolve("pom.xml"), "<project/>");
    script(home.resolve("mvnw"), mvnw);
    return home;
  }

  @Test
  void runsTheRealJarFromAnotherFolder() throws Exception {
    Ended ended = run(Path.of(System.getProperty("java.home")), LAUNCHER, "--help");
    assertThat(ended.err()).isEmpty();
    assertThat(ended.exit()).isZero();
    assertThat(ended.out()).isNotEmpty();
  }

  /** The Java of this test, those that packages install, and one that the environment names. */
  private static List<Path> javaHomes() throws IOException {
    Set<Path> found = new LinkedHashSet<>();
    found.add(Path.of(System.getProperty("java.home")).toRealPath());
    Path installed = Path.of("/usr/lib/jvm");
    if (Files.isDirectory(installed)) {
      try (Stream<Path> homes = Files.list(installed)) {
        for (Path home : homes.filter(LauncherIT::isNewEnough).toList()) {
          found.add(home.toRealPath());
        }
      }
    }
    String named = System.getenv("KILN_OTHER_JAVA_HOME");
    if (named != null) {
      found.add(Path.of(named).toRealPath());
    }
    return List.copyOf(found);
  }

  private static boolean isNewEnough(Path home) {
    Properties release = new Properties();
    try (Reader in = Files.newBufferedReader(home.resolve("release"))) {
      release.load(in);
    } catch (IOException none) {
      return false;
    }
    String version = release.getProperty("JAVA_VERSION", "\"0\"").replace("\"", "");
    return Files.isExecutable(home.resolve("bin/java"))
        && Integer.parseInt(version.replaceAll("[^0-9].*", "")) >= 17;
  }

  @Test
  void everyJavaRunsTheDemoWhichTellsWhereEveryLeadWentAndLeavesNothingBehind() throws Exception {
    String before = changes();
    Map<Path, Process> demos = new LinkedHashMap<>();
    for (Path home : javaHomes()) {
      // Side by side, and without the second compiler: most of their time is waiting.
      demos.put(
          home,
          start(
              Map.of("JAVA_HOME", home.toString(), "KILN_JAVA_OPTS", "-XX:TieredStopAtLevel=1"),
              LAUNCHER,
              "demo"));
    }
    for (Map.Entry<Path, Process> started : demos.entrySet()) {
      Path home = started.getKey();
      assertThat(run(home, LAUNCHER, "--help").err()).as("%s", home).isEmpty();
      Ended demo = end(started.getValue());
      assertThat(demo.err())
          .as(home + ": an option in the launcher or in the manifest of pom.xml answers a warning")
          .doesNotContainIgnoringCase("warning", "Unsafe", "native access");
      assertThat(demo.exit()).as(home + ": " + demo.out() + demo.err()).isZero();
      assertThat(demo.err().lines())
          .allMatch(line -> line.contains(" leads settled") || line.contains("for faster starts"));
      assertThat(String.join("\n", demo.out()))
          .containsPattern("Rows read (\\d+), accounted for \\1\\. Accepted (\\d+); .* stored \\2 ")
          .contains(", 0 of them twice.")
          .contains("rejected rows are in a file that is deleted now: \"kiln demo --keep\"")
          .doesNotContain("of the inbox")
          .doesNotContain("rejects/");
      assertThat(run(home, LAUNCHER, "--version").err()).as("with the archive it left").isEmpty();
      Path data = Path.of(demo.out().get(0).replaceAll(".* is in (.*)\\.", "$1"));
      assertThat(data).isAbsolute().doesNotExist();
    }
    assertThat(changes()).isEqualTo(before);
  }

  /** What git and the project's own data folder know of changes. */
  private static String changes() throws IOException {
    Process git =
        new ProcessBuilder("git", "status", "--porcelain", "--ignored")
            .directory(PROJECT.toFile())
            .start();
    return new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void passesArgumentsFolderProcessAndExitCodeThrough() throws Exception {
    Ended ended = run(javaHome, LAUNCHER, "send", "my leads.csv", "", "*", "--x=\"y\"");
    assertThat(ended.out())
        .containsExactly(
            "pid " + ended.pid(),
            "folder " + folder,
            "<-Xmx256m>",
            "<-XX:+UseSerialGC>",
            "<-XX:Tier4InvocationThreshold=50000>",
            "<-XX:Tier4MinInvocationThreshold=6000>",
            "<-XX:Tier4CompileThreshold=150000>",
            "<-XX:Tier4BackEdgeThreshold=400000>",
            "<-Dio.netty.noUnsafe=true>",
            "<-Dkiln.home=" + PROJECT + ">",
            "<-Dkiln.terminal=false>",
            "<-jar>",
            "<" + PROJECT.resolve("target/kiln.jar") + ">",
            "<send>",
            "<my leads.csv>",
            "<>",
            "<*>",
            "<--x=\"y\">");
    assertThat(ended.err()).isEmpty();
    assertThat(ended.exit()).isEqualTo(7);
  }

  @Test
  void findsItsFolderThroughSymbolicLinks() throws Exception {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    Path absolute = Files.createSymbolicLink(bin.resolve("first"), LAUNCHER);
    Path relative = Files.createSymbolicLink(folder.resolve("second"), Path.of("bin/first"));
    assertThat(run(javaHome, absolute).out()).contains("<-Dkiln.home=" + PROJECT + ">");
    assertThat(run(javaHome, relative).out()).contains("<-Dkiln.home=" + PROJECT + ">");
    assertThat(end(startFromPath(bin, "first")).out())
        .contains("<-Dkiln.home=" + PROJECT + ">", "folder " + folder);
  }

  private Process startFromPath(Path bin, String name) throws IOException {
    Path shell = folder.resolve("shell");
    script(shell, "#!/bin/sh\nPATH=\"" + bin + ":$PATH\" exec " + name + "\n");
    return start(Map.of("JAVA_HOME", javaHome.toString()), shell);
  }

  @Test
  void readsNamesOfFilesWhateverTheirLetters() throws Exception {
    String java = javaHome.toString();
    for (String ascii : List.of("C", "POSIX", "")) {
      Map<String, String> locale =
          Map.of("JAVA_HOME", java, "SHOW_LOCALE", "yes", "LC_ALL", ascii, "LANG", "");
      assertThat(end(start(locale, LAUNCHER, "run")).out()).contains("locale C.UTF-8");
    }
    Map<String, String> own =
        Map.of("JAVA_HOME", java, "SHOW_LOCALE", "yes", "LC_ALL", "de_DE.ISO-8859-1");
    assertThat(end(start(own, LAUNCHER, "run")).out()).contains("locale de_DE.ISO-8859-1");
  }

  @Test
  void takesOptionsFromTheEnvironment() throws Exception {
    Ended added =
        end(
            start(
                Map.of("JAVA_HOME", javaHome.toString(), "KILN_JAVA_OPTS", " -Da=*\n\t-ea\n"),
                LAUNCHER,
                "run"));
    assertThat(withoutThresholds(added).subList(2, 8))
        .containsExactly(
            "<-Xmx256m>",
            "<-XX:+UseSerialGC>",
            "<-XX:+ExitOnOutOfMemoryError>",
            "<-Dio.netty.noUnsafe=true>",
            "<-Da=*>",
            "<-ea>");
    Ended replaced =
        end(
            start(
                Map.of("JAVA_HOME", javaHome.toString(), "KILN_JAVA_OPTS", "-XX:+UseG1GC -Xmx1g"),
                LAUNCHER,
                "run"));
    assertThat(withoutThresholds(replaced).subList(2, 7))
        .containsExactly(
            "<-XX:+ExitOnOutOfMemoryError>",
            "<-Dio.netty.noUnsafe=true>",
            "<-XX:+UseG1GC>",
            "<-Xmx1g>",
            "<-Dkiln.home=" + PROJECT + ">");
  }

  /** What a Java shows, but for the thresholds of its second compiler. */
  private static List<String> withoutThresholds(Ended ended) {
    return ended.out().stream().filter(line -> !line.startsWith("<-XX:Tier4")).toList();
  }

  @Test
  void aBriefCommandRunsWithoutTheSecondCompiler() throws Exception {
    String brief = "<-XX:TieredStopAtLevel=1>";
    assertThat(run(javaHome, LAUNCHER, "status", "--json").out()).contains(brief);
    assertThat(run(javaHome, LAUNCHER, "--help").out()).contains(brief);
    assertThat(run(javaHome, LAUNCHER).out()).contains(brief);
    assertThat(run(javaHome, LAUNCHER, "run").out())
        .doesNotContain(brief)
        .anyMatch(option -> option.startsWith("<-XX:Tier4"));
    for (String own : List.of("-XX:TieredStopAtLevel=4", "-XX:-TieredCompilation")) {
      Map<String, String> environment =
          Map.of("JAVA_HOME", javaHome.toString(), "KILN_JAVA_OPTS", own);
      assertThat(end(start(environment, LAUNCHER, "status")).out())
          .contains("<" + own + ">")
          .doesNotContain(brief);
    }
  }

  @Test
  void whatKeepsTheSecondCompilerIsACommand() throws Exception {
    Matcher kept =
        Pattern.compile("^ +(demo( \\| \\w+)+)\\)$", Pattern.MULTILINE)
            .matcher(Files.readString(LAUNCHER));
    assertThat(kept.find()).as("the list in the launcher").isTrue();
    assertThat(Main.commands().getSubcommands().keySet())
        .contains(kept.group(1).split(" \\| ", -1));
  }

  private static boolean isOfArchives(String option) {
    return option.contains("Archive");
  }

  @Test
  void aDemoLeavesAnArchiveOfClassesWhichLaterStartsUse() throws Exception {
    Path home = lonelyFolder();
    Path jar = Files.writeString(home.resolve("kiln.jar"), "");
    Path archive = home.resolve("kiln-17.0.999.jsa");
    assertThat(run(javaHome, home.resolve("kiln"), "run").out())
        .noneMatch(LauncherIT::isOfArchives);
    assertThat(run(javaHome, home.resolve("kiln"), "demo").out())
        .contains("<-XX:ArchiveClassesAtExit=" + archive + ".new>")
        .doesNotContain("<-XX:SharedArchiveFile=" + archive + ">");
    Path left = Files.writeString(home.resolve("kiln-17.0.999.jsa.new"), "classes");
    Files.setLastModifiedTime(jar, FileTime.from(Instant.now().minusSeconds(9)));
    for (String command : List.of("run", "demo")) {
      assertThat(run(javaHome, home.resolve("kiln"), command).out())
          .contains("<-XX:SharedArchiveFile=" + archive + ">")
          .noneMatch(option -> option.contains("ArchiveClassesAtExit"));
      assertThat(left).doesNotExist();
    }
    assertThat(archive).hasContent("classes");
    assertThat(run(javaOf("17.0.998"), home.resolve("kiln"), "run").out())
        .as("one of another Java")
        .noneMatch(LauncherIT::isOfArchives);
    Ended own =
        end(
            start(
                Map.of(
                    "JAVA_HOME", javaHome.toString(), "KILN_JAVA_OPTS", "-XX:SharedArchiveFile=x"),
                home.resolve("kiln"),
                "run"));
    assertThat(own.out().stream().filter(LauncherIT::isOfArchives))
        .containsExactly("<-XX:SharedArchiveFile=x>");
    Files.setLastModifiedTime(jar, FileTime.from(Instant.now().plusSeconds(9)));
    assertThat(run(javaHome, home.resolve("kiln"), "run").out())
        .as("one of an older jar")
        .noneMatch(LauncherIT::isOfArchives);
  }

  @Test
  void startsWhereAnotherStartTookTheArchiveOfADemoFirst() throws Exception {
    Path home = lonelyFolder();
    Files.writeString(home.resolve("kiln.jar"), "");
    Files.writeString(home.resolve("kiln-17.0.999.jsa.new"), "classes");
    Path bin = Files.createDirectories(folder.resolve("bin"));
    script(bin.resolve("mv"), "#!/bin/sh\necho 'cannot stat' >&2\nexit 1\n");
    Ended ended =
        end(
            start(
                Map.of("JAVA_HOME", javaHome.toString(), "PATH", bin + ":" + System.getenv("PATH")),
                home.resolve("kiln"),
                "run"));
    assertThat(ended.out()).contains("<run>").noneMatch(LauncherIT::isOfArchives);
    assertThat(ended.err()).isEmpty();
  }

  @Test
  void refusesAJavaHomeWithoutJava() throws Exception {
    Ended ended = run(folder, LAUNCHER);
    assertThat(ended.err())
        .isEqualTo(
            "kiln: JAVA_HOME is "
                + folder
                + ", but there is no bin/java in it; set it to a Java of 17 or newer,"
                + " or unset it\n");
    assertThat(ended.exit()).isEqualTo(2);
  }

  @Test
  void refusesAnOlderJava() throws Exception {
    for (Map.Entry<String, String> old : Map.of("11.0.2", "11", "1.8.0_292", "8").entrySet()) {
      Path home = javaOf(old.getKey());
      Ended ended = run(home, LAUNCHER);
      assertThat(ended.err())
          .isEqualTo(
              "kiln: "
                  + home
                  + "/bin/java is Java "
                  + old.getValue()
                  + ", but Kiln needs 17 or newer; install one, or set JAVA_HOME to one\n");
      assertThat(ended.exit()).isEqualTo(2);
      assertThat(ended.out()).isEmpty();
    }
  }

  @Test
  void takesANewerJava() throws Exception {
    assertThat(run(javaOf("21"), LAUNCHER).exit()).isEqualTo(7);
    assertThat(run(javaOf("26-ea"), LAUNCHER).exit()).isEqualTo(7);
  }

  @Test
  void refusesABrokenJava() throws Exception {
    Path home = temporary.resolve("broken");
    script(home.resolve("bin/java"), "#!/bin/sh\necho out of order\nexit 1\n");
    Ended broken = run(home, LAUNCHER);
    assertThat(broken.err()).isEqualTo("kiln: " + home + "/bin/java does not run: out of order\n");
    assertThat(broken.exit()).isEqualTo(2);
  }

  @Test
  void takesJavaFromThePathOrSaysThatThereIsNone() throws Exception {
    Path bin = Files.createDirectories(folder.resolve("only bash"));
    Path bash =
        Stream.of(System.getenv("PATH").split(":", -1))
            .map(entry -> Path.of(entry, "bash"))
            .filter(Files::isExecutable)
            .findFirst()
            .orElseThrow();
    Files.createSymbolicLink(bin.resolve("bash"), bash);
    Ended none = end(start(Map.of("PATH", bin.toString()), LAUNCHER));
    assertThat(none.err())
        .isEqualTo(
            "kiln: there is no java on the PATH; install Java 17 or newer,"
                + " or set JAVA_HOME to one\n");
    assertThat(none.exit()).isEqualTo(2);
    Files.createSymbolicLink(bin.resolve("java"), javaHome.resolve("bin/java"));
    assertThat(end(start(Map.of("PATH", bin.toString()), LAUNCHER)).exit()).isEqualTo(7);
  }

  @Test
  void usesTheJarOfADistribution() throws Exception {
    Path home = sourceFolder("#!/bin/sh\nexit 1\n");
    Files.createDirectories(home.resolve("lib"));
    Files.writeString(home.resolve("lib/kiln.jar"), "");
    Ended inLib = run(javaHome, home.resolve("kiln"), "run");
    assertThat(inLib.err()).isEmpty();
    assertThat(withoutThresholds(inLib).subList(6, 13))
        .containsExactly(
            "<-Dkiln.home=" + home + ">",
            "<-Dkiln.terminal=false>",
            "<--enable-native-access=ALL-UNNAMED>",
            "<-cp>",
            "<" + home.resolve("lib/*") + ">",
            "<dev.kiln.cli.Main>",
            "<run>");
    Files.writeString(home.resolve("kiln.jar"), "");
    assertThat(run(javaHome, home.resolve("kiln")).out())
        .containsSequence("<-jar>", "<" + home.resolve("kiln.jar") + ">");
  }

  @Test
  void saysThatThereIsNothingToRun() throws Exception {
    Path home = lonelyFolder();
    Ended ended = run(javaHome, home.resolve("kiln"));
    assertThat(ended.err())
        .isEqualTo(
            "kiln: there is no kiln.jar in "
                + home
                + " or "
                + home
                + "/lib, and no source to build it from\n");
    assertThat(ended.exit()).isEqualTo(2);
  }

  @Test
  void buildsOnFirstUseAndOnlyOnce() throws Exception {
    Path home = sourceFolder(BUILDING_MVNW);
    Map<String, String> environment = Map.of("JAVA_HOME", javaHome.toString());
    List<Process> started = new ArrayList<>();
    for (int terminal = 0; terminal < 3; terminal++) {
      started.add(start(environment, home.resolve("kiln"), "x"));
    }
    int building = 0;
    for (Process process : started) {
      Ended ended = end(process);
      assertThat(ended.exit()).isEqualTo(7);
      assertThat(ended.out()).contains("<" + home.resolve("target/kiln.jar") + ">");
      if (ended.err().equals("Building Kiln (first use)...\nthe output of the build\n")) {
        building++;
      } else {
        assertThat(ended.err()).isIn("", "Waiting for another terminal that builds Kiln...\n");
      }
    }
    assertThat(building).isEqualTo(1);
    assertThat(home.resolve("builds"))
        .hasContent("-q -B -Dmaven.test.skip -Dspotless.check.skip package");
    assertThat(run(javaHome, home.resolve("kiln")).err()).isEmpty();
  }

  @Test
  void keepsANewerJavaFromWarningOfMaven() throws Exception {
    Path home = sourceFolder(BUILDING_MVNW);
    Ended ended = run(javaOf("25.0.1"), home.resolve("kiln"));
    assertThat(ended.err())
        .isEqualTo(
            "Building Kiln (first use)...\nthe output of the build"
                + " --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED\n");
    assertThat(ended.exit()).isEqualTo(7);
  }

  @Test
  void showsWhyABuildFailed() throws Exception {
    Path home =
        sourceFolder(
            """
            #!/bin/sh
            mkdir target
            echo half >target/kiln.jar
            echo no network
            exit 1
            """);
    Ended ended = run(javaHome, home.resolve("kiln"));
    assertThat(ended.err())
        .isEqualTo(
            "Building Kiln (first use)...\nno network\n"
                + "kiln: the build failed, see above; once that is mended,"
                + " run the command again\n");
    assertThat(ended.exit()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(home.resolve("target/kiln.jar")).doesNotExist();
  }
}
