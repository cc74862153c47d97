package io.heddle.tests;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** Holds the classes against the arrows of docs/architecture.md. */
final class ArrowsTest {
  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.heddle");

  @Test
  void everyModuleIsSeen() {
    Set<String> seen = new TreeSet<>();
    for (JavaClass type : OURS) {
      String[] parts = type.getPackageName().split("\\.", -1);
      seen.add(
          Set.of("xds", "proxy", "control").contains(parts[2])
              ? parts[2] + "/" + parts[3]
              : parts[2]);
    }
    assertThat(seen)
        .contains(
            "xds/model",
            "xds/client",
            "xds/server",
            "proxy/api",
            "proxy/codec",
            "proxy/engine",
            "proxy/filters",
            "proxy/app",
            "control/api",
            "control/core",
            "control/app",
            "contract",
            "cli",
            "demo");
  }

  @Test
  void proxyAndControlShareOnlyXdsAndTheContract() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.heddle.proxy..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "io.heddle.control..",
                "io.heddle.xds.server..",
                "io.heddle.cli..",
                "io.heddle.demo.."));
    check(
        noClasses()
            .that()
            .resideInAPackage("io.heddle.control..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "io.heddle.proxy..",
                "io.heddle.xds.client..",
                "io.heddle.cli..",
                "io.heddle.demo.."));
  }

  @Test
  void theModelDependsOnNothingOfOurs() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.heddle.xds.model..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "io.heddle.proxy..",
                "io.heddle.control..",
                "io.heddle.xds.client..",
                "io.heddle.xds.server.."));
    check(
        noClasses()
            .that()
            .resideInAPackage("io.heddle.xds.client..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.heddle.xds.server..", "io.heddle.contract.."));
    check(
        noClasses()
            .that()
            .resideInAPackage("io.heddle.xds.server..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.heddle.xds.client..", "io.heddle.contract.."));
  }

  @Test
  void theSpiKnowsNeitherEngineNorChannels() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.heddle.proxy.api..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "io.heddle.xds..",
                "io.heddle.proxy.engine..",
                "io.heddle.proxy.codec..",
                "io.netty.channel.."));
  }

  @Test
  void filtersAreWrittenAgainstTheSpiAlone() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.heddle.proxy.filters..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "io.heddle.proxy.engine..",
                "io.heddle.proxy.codec..",
                "io.heddle.proxy.app..",
                "io.heddle.xds.client..",
                "io.netty.channel.."));
  }

  @Test
  void theEngineKnowsNoConfigurationSourceAndNoFilter() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.heddle.proxy.engine..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "io.heddle.proxy.filters..",
                "io.heddle.proxy.app..",
                "io.heddle.xds.client..",
                "io.heddle.contract..",
                "io.grpc.."));
  }

  @Test
  void theCodecParsesAndMovesNothing() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.heddle.proxy.codec..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "io.netty.channel..", "io.heddle.xds..", "io.heddle.proxy.engine.."));
  }

  @Test
  void onlyTheControlCoreKnowsXds() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.heddle.control.api..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.heddle.xds..", "io.envoyproxy.."));
  }

  @Test
  void theCommandLineTalksHttp() {
    // It reads kinds and documents itself (ADR 11), and asks the control plane for everything else.
    check(
        noClasses()
            .that()
            .resideInAPackage("io.heddle.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "io.heddle.control.core..",
                "io.heddle.control.app..",
                "io.heddle.control.api.store..",
                "io.heddle.control.api.registry..",
                "io.heddle.control.api.analysis..",
                "io.heddle.contract..",
                "io.heddle.proxy..",
                "io.heddle.xds..",
                "io.grpc.."));
  }

  @Test
  void everyPackageIsNullMarked() {
    Set<String> missing = new TreeSet<>();
    for (JavaClass type : OURS) {
      JavaPackage home = type.getPackage();
      boolean generated = home.getName().startsWith("io.heddle.contract");
      if (!generated && !home.isAnnotatedWith(NullMarked.class)) {
        missing.add(home.getName());
      }
    }
    assertThat(missing).isEmpty();
  }

  @Test
  void namesSaySomething() {
    check(
        classes()
            .that()
            .resideInAPackage("io.heddle..")
            .and()
            .resideOutsideOfPackage("io.heddle.contract..")
            .should()
            .haveNameNotMatching(".*(Impl|Utils?|Helper|Manager|Common)"));
  }

  private static void check(ArchRule rule) {
    rule.check(OURS);
  }
}
