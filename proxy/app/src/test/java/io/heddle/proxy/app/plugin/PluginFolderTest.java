package io.heddle.proxy.app.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.api.HttpFilterFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginFolderTest {
  private static final String SOURCE =
      """
      package plug;
      import com.google.protobuf.Any;
      import io.heddle.proxy.api.*;
      import java.util.Set;
      public final class Stamp implements HttpFilterFactory {
        public String name() { return "com.example.stamp" + sees("io.heddle.proxy.app.ProxyMain") + sees("com.google.gson.Gson"); }
        private static boolean sees(String type) {
          try { Class.forName(type); return true; } catch (ClassNotFoundException e) { return false; }
        }
        public Set<String> typeUrls() { return Set.of(Any.getDefaultInstance().getTypeUrl()); }
        public HttpFilterConfig parse(Any config, FilterFactoryContext context) { throw new UnsupportedOperationException(); }
      }
      """;

  @TempDir private Path folder;
  @TempDir private Path work;

  @Test
  void jarsFactoryIsFoundAndSeesTheSpiOnly() throws Exception {
    jar("stamp.jar", "plug.Stamp");
    PluginFolder.Plugins plugins = PluginFolder.load(folder);
    assertThat(plugins.errors()).isEmpty();
    assertThat(plugins.httpFilters()).hasSize(1);
    HttpFilterFactory factory = plugins.httpFilters().getFirst();
    assertThat(factory.name()).isEqualTo("com.example.stampfalsefalse");
    assertThat(factory.typeUrls()).containsExactly("");
  }

  @Test
  void everyJarThatCannotBeUsedIsNamedWithTheReason() throws Exception {
    jar("a-good.jar", "plug.Stamp");
    jar("b-missing.jar", "plug.Nowhere");
    jar("c-empty.jar", "");
    Files.writeString(folder.resolve("d-torn.jar"), "no zip");
    PluginFolder.Plugins plugins = PluginFolder.load(folder);
    assertThat(plugins.httpFilters()).hasSize(1);
    assertThat(plugins.errors()).hasSize(3);
    assertThat(plugins.errors().get(0)).contains("b-missing.jar").contains("plug.Nowhere");
    assertThat(plugins.errors().get(1)).contains("c-empty.jar names no factory");
    assertThat(plugins.errors().get(2)).contains("d-torn.jar cannot be loaded");
    assertThat(PluginFolder.load(folder.resolve("none")).errors())
        .containsExactly("--plugins: found " + folder.resolve("none") + ", expected a folder");
  }

  private void jar(String name, String factory) throws IOException {
    Path classes = Files.createDirectories(work.resolve("classes"));
    Path source = Files.writeString(work.resolve("Stamp.java"), SOURCE);
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                List.of(
                        "-proc:none",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-d",
                        classes.toString(),
                        source.toString())
                    .toArray(String[]::new));
    assertThat(result).isZero();
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(folder.resolve(name)))) {
      out.putNextEntry(new ZipEntry("plug/Stamp.class"));
      out.write(Files.readAllBytes(classes.resolve("plug/Stamp.class")));
      if (!factory.isEmpty()) {
        out.putNextEntry(new ZipEntry("META-INF/services/" + HttpFilterFactory.class.getName()));
        out.write(factory.getBytes(StandardCharsets.UTF_8));
      }
    }
  }
}
