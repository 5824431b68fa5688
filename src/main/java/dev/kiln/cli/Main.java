package dev.kiln.cli;

import dev.kiln.AlreadyRunning;
import dev.kiln.lead.FileFault;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.Shown;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.status.Release;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The entry point of every command. */
@Command(
    name = "kiln",
    description = {
      "Feeds leads to Clay: nothing lost, nothing sent twice behind your back, never too fast.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Exit codes: 0 done; 1 some leads did not get through, or work is parked; 2 usage or configuration; 3 already"
          + " running; 4 of kiln run: it cannot start now, and may later.",
      "New here? kiln demo"
    })
public final class Main {
  /** Usage or configuration. */
  static final int USAGE = 2;

  /** Another Kiln runs on the same data. */
  static final int ALREADY_RUNNING = 3;

  /** Of a start: what is wrong may be well a little later, though nobody changes anything. */
  static final int NOT_NOW = 4;

  /** In the order in which the help lists them. */
  private static final List<Class<?>> COMMANDS =
      List.of(
          DemoCommand.class,
          InitCommand.class,
          RunCommand.class,
          SendCommand.class,
          PreviewCommand.class,
          StatusCommand.class,
          LeadsCommand.class,
          ResultsCommand.class,
          RedeliverCommand.class,
          JoinCommand.class,
          PlanCommand.class,
          CheckCommand.class,
          PauseCommand.Pause.class,
          PauseCommand.Resume.class,
          RateCommand.class,
          RouteCommand.class,
          LeadsVerb.Retry.class,
          LeadsVerb.Resolve.class,
          LeadsVerb.Hold.class,
          LeadsVerb.Release.class,
          LeadsVerb.Cancel.class,
          LeadsVerb.Move.class,
          BackupCommand.class,
          BackupCommand.Restore.class,
          MigrateCommand.class,
          ReconcileCommand.class,
          ForgetCommand.class,
          SupportBundleCommand.class,
          SimulateCommand.class);

  private Main() {}

  /**
   * Runs one command and exits with its code.
   *
   * @param args the command and its options
   */
  public static void main(String[] args) {
    System.exit(execute(args));
  }

  /**
   * The commands, with how they explain what went wrong.
   *
   * @param args where they begin with the name of a command, it is that one only, since to describe
   *     them all takes a sixth of the start of Kiln
   */
  public static CommandLine commands(String... args) {
    CommandLine line = new CommandLine(new Main());
    List<Class<?>> named =
        COMMANDS.stream().filter(type -> args.length > 0 && name(type).equals(args[0])).toList();
    (named.isEmpty() ? COMMANDS : named).forEach(line::addSubcommand);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler((wrong, given) -> misused(wrong));
    line.setExecutionExceptionHandler((failure, command, result) -> explain(failure, command));
    return line;
  }

  private static String name(Class<?> command) {
    return command.getAnnotation(Command.class).name();
  }

  /** Runs one command. */
  static int execute(String... args) {
    return execute(new FileOutputStream(FileDescriptor.out), args);
  }

  /**
   * Runs one command.
   *
   * @param standard where its output goes
   * @return its exit code; that of a failure where its output could not be written, unless nobody
   *     reads on
   */
  static int execute(OutputStream standard, String... args) {
    Output out = new Output(standard);
    CommandLine line = commands(args);
    line.setOut(new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), true));
    line.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
    int exit = line.execute(args);
    line.getOut().flush();
    Optional<String> lost = out.lost();
    if (lost.isEmpty()) {
      return exit;
    }
    line.getErr().println("The output could not be written whole: " + lost.get());
    return exit == 0 ? USAGE : exit;
  }

  /** What is wrong, how the command is used, and where more is told: no page of help. */
  private static int misused(ParameterException wrong) {
    CommandLine command = wrong.getCommandLine();
    PrintWriter err = command.getErr();
    err.println(wrong.getMessage());
    if (wrong instanceof UnmatchedArgumentException unmatched) {
      List<String> near = unmatched.getSuggestions();
      if (!near.isEmpty()) {
        // The nearest comes first; the others are seldom meant.
        err.println("Did you mean: " + near.get(0) + "?");
      }
    }
    Help help = command.getHelp();
    err.print(help.synopsisHeading() + help.synopsis(help.synopsisHeadingLength()));
    if (!command.getSubcommands().isEmpty()) {
      err.println("Commands: " + String.join(", ", command.getSubcommands().keySet()));
    }
    String name = command.getCommandSpec().qualifiedName();
    err.println("More: " + name + " --help");
    return USAGE;
  }

  private static int explain(Exception failure, CommandLine command) {
    if (failure instanceof AlreadyRunning) {
      command.getErr().println(failure.getMessage());
      return ALREADY_RUNNING;
    }
    int exit = command.getCommand() instanceof RunCommand && isForNow(failure) ? NOT_NOW : USAGE;
    if (failure instanceof InvalidConfiguration || failure instanceof LedgerUnavailable) {
      command.getErr().println(failure.getMessage());
      return exit;
    }
    if (unwrapped(failure) instanceof IOException file) {
      command.getErr().println(told(file));
      return exit;
    }
    command.getErr().println("Kiln failed in a way that it should not have; please report this:");
    failure.printStackTrace(command.getErr());
    return USAGE;
  }

  /** Whether the same may go well a little later: a full disk, a server that is away. */
  private static boolean isForNow(Exception failure) {
    if (failure instanceof InvalidConfiguration invalid) {
      return invalid.isForNow();
    }
    if (failure instanceof LedgerUnavailable unavailable) {
      return unavailable.isForNow();
    }
    @Nullable Throwable cause = unwrapped(failure);
    return cause instanceof IOException file && !FileFault.lasts(file);
  }

  private static @Nullable Throwable unwrapped(Exception failure) {
    return failure instanceof UncheckedIOException wrapped ? wrapped.getCause() : failure;
  }

  /** A failure with the file that it is of. */
  private static String told(IOException failure) {
    String words = FileFault.words(failure);
    return Shown.said(
        failure instanceof FileSystemException file ? file.getFile() + ": " + words : words);
  }

  /** A failure to write a file, with its name: a disk that is full does not tell it. */
  static FileSystemException at(Path file, IOException failure) {
    return failure instanceof FileSystemException told
        ? told
        : new FileSystemException(file.toString(), null, failure.getMessage());
  }

  /** What {@code --version} says. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"kiln " + Release.version()};
    }
  }
}
