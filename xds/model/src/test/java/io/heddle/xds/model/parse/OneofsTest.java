package io.heddle.xds.model.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class OneofsTest {
  @Test
  void everyChoiceIsThatOfTheDescriptor() throws ReflectiveOperationException {
    for (Map.Entry<String, List<Set<String>>> known : Oneofs.all().entrySet()) {
      Set<Set<String>> theirs = new HashSet<>();
      for (OneofDescriptor choice : descriptor(known.getKey()).getRealOneofs()) {
        if (choice.getFieldCount() > 1) {
          theirs.add(
              choice.getFields().stream()
                  .map(FieldDescriptor::getName)
                  .collect(Collectors.toSet()));
        }
      }
      assertThat(new HashSet<>(known.getValue())).as(known.getKey()).isEqualTo(theirs);
    }
  }

  @Test
  void twoFieldsOfAChoiceAreRefusedByName() {
    String text =
        """
        node: {id: a, cluster: b}
        static_resources:
          clusters:
          - name: c
            type: STATIC
            round_robin_lb_config: {}
            least_request_lb_config: {}
            load_assignment: {cluster_name: c}
        """;
    List<String> errors =
        switch (new BootstrapParser(ParseOptions.STRICT).parse(text)) {
          case Parsed.Ok<BootstrapConfig> _ -> List.of();
          case Parsed.Refused<BootstrapConfig> refused ->
              refused.errors().stream().map(ConfigError::message).toList();
        };
    assertThat(errors)
        .anySatisfy(error ->
            assertThat(error)
                .contains("static_resources.clusters[0].least_request_lb_config")
                .contains("round_robin_lb_config"));
  }

  private static Descriptor descriptor(String name) throws ReflectiveOperationException {
    int version = name.indexOf(".v3.");
    String className =
        (name.startsWith("xds.") ? "com.github." : "io.envoyproxy.")
            + name.substring(0, version + 4)
            + name.substring(version + 4).replace('.', '$');
    return (Descriptor) Class.forName(className).getMethod("getDescriptor").invoke(null);
  }
}
