import com.google.googlejavaformat.java.Formatter;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Formats every Java source of the tree with google-java-format, or checks that it is formatted.
 *
 * <p>A program of its own because the formatter must run on the JDK whose syntax it reads, and
 * Maven itself may run on an older one. {@code check} exits 1 and names the files that differ;
 * {@code write} rewrites them.
 */
final class Format {
  private static final Set<String> SKIPPED = Set.of("target", ".git", ".heddle", "node_modules");

  private Format() {}

  public static void main(String[] args) throws Exception {
    if (args.length != 2 || !Set.of("check", "write").contains(args[0])) {
      System.err.println("usage: Format check|write FOLDER");
      System.exit(64);
    }
    boolean write = args[0].equals("write");
    Path root = Path.of(args[1]);
    Formatter formatter = new Formatter();
    List<Path> different = new ArrayList<>();
    int seen = 0;
    for (Path file : sources(root)) {
      seen++;
      String before = Files.readString(file);
      String after;
      try {
        after = formatter.formatSourceAndFixImports(before);
      } catch (com.google.googlejavaformat.java.FormatterException e) {
        System.err.println(root.relativize(file) + ": " + e.getMessage());
        different.add(file);
        continue;
      }
      if (!before.equals(after)) {
        different.add(file);
        if (write) {
          Files.writeString(file, after);
        }
      }
    }
    if (seen == 0) {
      System.err.println("no Java source below " + root);
      System.exit(1);
    }
    if (!different.isEmpty() && !write) {
      System.err.println(
          different.size()
              + " of "
              + seen
              + " sources are not formatted; mend with `tools/format`:");
      different.forEach(file -> System.err.println("  " + root.relativize(file)));
      System.exit(1);
    }
    System.out.println(
        seen + " sources, " + different.size() + (write ? " rewritten" : " different"));
  }

  private static List<Path> sources(Path root) throws IOException {
    List<Path> found = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            return SKIPPED.contains(String.valueOf(folder.getFileName()))
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().endsWith(".java")) {
              found.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    found.sort(null);
    return found;
  }
}
