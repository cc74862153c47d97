package io.heddle.xds.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * Breaks every rule on purpose, one after the other, and runs the rule's tests over it: each must
 * turn red. A mutated file is compiled alone and its classes are put before the real ones, in this
 * process. Exit 0: all red (and all green without a mutation); 1: a mutation lived; 2: it could not
 * be run.
 *
 * <p>Usage: {@code RuleMutations SOURCES [--record FILE] [RULE ..]}.
 */
public final class RuleMutations {
  private static final String PACKAGE = "io.heddle.xds.server.";

  private record Result(RuleMutation mutation, String killedBy) {}

  /** Loads the server and its tests, mutated classes first; everything else is shared. */
  private static final class Mutated extends ClassLoader {
    private final List<Path> folders;

    Mutated(List<Path> folders) {
      super(RuleMutations.class.getClassLoader());
      this.folders = folders;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        if (!name.startsWith(PACKAGE)) {
          return super.loadClass(name, resolve);
        }
        Class<?> loaded = findLoadedClass(name);
        return loaded == null ? findClass(name) : loaded;
      }
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      String file = name.replace('.', '/') + ".class";
      for (Path folder : folders) {
        Path candidate = folder.resolve(file);
        if (Files.exists(candidate)) {
          try {
            byte[] bytes = Files.readAllBytes(candidate);
            return defineClass(name, bytes, 0, bytes.length);
          } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
          }
        }
      }
      throw new ClassNotFoundException(name);
    }

    @Override
    public @Nullable InputStream getResourceAsStream(String name) {
      return RuleMutations.class.getClassLoader().getResourceAsStream(name);
    }
  }

  private RuleMutations() {}

  /** See the class. */
  public static void main(String[] args) throws Exception {
    PrintStream out = System.out;
    if (args.length == 0) {
      out.println("usage: RuleMutations SOURCES [--record FILE] [RULE ..]");
      System.exit(2);
    }
    Path sources = Path.of(args[0]).resolve(PACKAGE.replace('.', '/'));
    List<String> rules = new ArrayList<>();
    Path record = null;
    for (int i = 1; i < args.length; i++) {
      if (args[i].equals("--record") && i + 1 < args.length) {
        record = Path.of(args[++i]);
      } else {
        rules.add("%02d".formatted(Integer.parseInt(args[i])));
      }
    }
    String green = run(List.of(main(), tests()), "rule");
    if (!green.isEmpty()) {
      out.println("red without any mutation: " + green);
      System.exit(2);
    }
    List<Result> results = new ArrayList<>();
    boolean lived = false;
    for (RuleMutation mutation : RuleMutation.all()) {
      if (!rules.isEmpty() && !rules.contains("%02d".formatted(mutation.rule()))) {
        continue;
      }
      String killedBy = killer(mutation, sources);
      lived |= killedBy.isEmpty();
      out.printf("%s%n    %s%n", mutation, killedBy.isEmpty() ? "LIVES" : "red: " + killedBy);
      results.add(new Result(mutation, killedBy));
    }
    if (record != null) {
      Files.writeString(record, table(results));
    }
    // The shards of a broken server may still run.
    System.exit(lived ? 1 : 0);
  }

  private static Path main() throws URISyntaxException {
    return folderOf(XdsServer.class);
  }

  private static Path tests() throws URISyntaxException {
    return folderOf(RuleMutations.class);
  }

  private static Path folderOf(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static String killer(RuleMutation mutation, Path sources) throws Exception {
    Path folder = Files.createTempDirectory("rule-mutation");
    try {
      Path file = Files.createDirectories(folder.resolve("source")).resolve(mutation.file());
      Files.writeString(file, mutation.in(sources));
      Path classes = Files.createDirectories(folder.resolve("classes"));
      compile(file, classes, mutation);
      String failure = run(List.of(classes, main(), tests()), mutation.prefix());
      return failure.lines().findFirst().orElse("");
    } finally {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      }
    }
  }

  private static void compile(Path file, Path classes, RuleMutation mutation) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    try (StandardJavaFileManager files =
        compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
      boolean compiled =
          compiler
              .getTask(
                  said,
                  files,
                  null,
                  List.of(
                      "-proc:none",
                      "-nowarn",
                      "-d",
                      classes.toString(),
                      "-cp",
                      System.getProperty("java.class.path")),
                  null,
                  files.getJavaFileObjects(file))
              .call();
      if (!compiled) {
        throw new IllegalStateException(mutation + " does not compile: " + said);
      }
    }
  }

  private static String run(List<Path> folders, String prefix) throws ReflectiveOperationException {
    Class<?> tests = new Mutated(folders).loadClass(RuleTests.class.getName(), true);
    Method first = tests.getDeclaredMethod("firstFailure", String.class);
    first.setAccessible(true);
    return (String) first.invoke(null, prefix);
  }

  private static String table(List<Result> results) {
    StringBuilder table =
        new StringBuilder("| rule | broken on purpose | first test that is red |\n");
    table.append("|---|---|---|\n");
    for (Result result : results) {
      table.append(
          "| %d | %s (`%s`) | %s |%n"
              .formatted(
                  result.mutation().rule(),
                  result.mutation().what(),
                  result.mutation().file(),
                  result.killedBy().isEmpty() ? "**none**" : "`" + result.killedBy() + "`"));
    }
    return table.toString();
  }
}
