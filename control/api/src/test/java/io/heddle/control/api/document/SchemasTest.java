package io.heddle.control.api.document;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ResourceObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SchemasTest {
  @ParameterizedTest
  @EnumSource(Kind.class)
  void everyFieldOfEveryKindIsDocumented(Kind kind) {
    List<String> silent = new ArrayList<>();
    collectSilent(Schemas.of(kind), kind.kindName(), silent);
    assertThat(silent).isEmpty();
  }

  private static void collectSilent(JsonNode schema, String path, List<String> silent) {
    if (schema.has("properties") && schema.path("description").asText().isEmpty()) {
      silent.add(path);
    }
    for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
      String at = path + "." + field.getKey();
      if (field.getValue().path("description").asText().isEmpty()) {
        silent.add(at);
      }
      JsonNode items = field.getValue().path("items");
      for (Map.Entry<String, JsonNode> inner : items.path("properties").properties()) {
        if (inner.getValue().path("description").asText().isEmpty()) {
          silent.add(at + "." + inner.getKey());
        }
        collectSilent(inner.getValue(), at + "." + inner.getKey(), silent);
      }
      collectSilent(field.getValue(), at, silent);
    }
  }

  @Test
  void noDocumentationIsLeftOver() {
    Set<String> used = new HashSet<>();
    for (Kind kind : Kind.values()) {
      FieldDocs docs = FieldDocs.of(kind);
      Schemas.draw(kind, docs);
      used.addAll(docs.used());
    }
    assertThat(FieldDocs.read().keySet()).isSubsetOf(used);
  }

  @Test
  void saysWhatTheReadersDemand() {
    JsonNode route = Schemas.of(Kind.HTTP_ROUTE);
    JsonNode spec = route.at("/properties/spec");
    assertThat(texts(route.path("required"))).contains("apiVersion", "kind", "metadata", "spec");
    assertThat(texts(spec.path("required"))).containsExactly("parentRefs");
    assertThat(spec.at("/properties/parentRefs/minItems").asInt()).isEqualTo(1);
    assertThat(spec.path("additionalProperties").isBoolean()).isTrue();
    JsonNode rule = spec.at("/properties/rules/items/properties");
    assertThat(texts(rule.at("/filters/items/properties/type/enum")))
        .contains("RequestMirror", "CORS", "URLRewrite");
    assertThat(rule.at("/backendRefs/items/properties/weight/default").asInt()).isEqualTo(1);
    assertThat(rule.at("/retry/properties/codes/items/minimum").asInt()).isEqualTo(400);
    assertThat(rule.at("/matches/items/properties/path/properties/type/default").asText())
        .isEqualTo("PathPrefix");
    assertThat(
            rule.at("/filters/items/properties/urlRewrite/properties/path/properties")
                .has("replacePrefixMatch"))
        .isTrue();
    assertThat(Schemas.of(Kind.SECRET).at("/properties").has("spec")).isFalse();
    assertThat(texts(Schemas.of(Kind.TCP_ROUTE).at("/properties/apiVersion/enum"))).hasSize(2);
  }

  @Test
  void admitsWhatIsWrittenAndRefusesWhatReadersRefuse() {
    for (ResourceObject object : ObjectParser.parse("shop", ObjectParserTest.SHOP).objects()) {
      List<String> problems = new ArrayList<>();
      check(Schemas.of(object.kind()), ObjectWriter.toTree(object), "", problems);
      assertThat(problems).isEmpty();
    }
    JsonNode wrong =
        ObjectWriter.toTree(ObjectParser.parse("shop", ObjectParserTest.SHOP).objects().getFirst());
    ((com.fasterxml.jackson.databind.node.ObjectNode) wrong.path("spec"))
        .put("selektor", "a")
        .putArray("ports")
        .addObject()
        .put("port", 99_999)
        .put("name", "Upper");
    List<String> problems = new ArrayList<>();
    check(Schemas.of(Kind.SERVICE), wrong, "", problems);
    assertThat(problems)
        .containsExactlyInAnyOrder(
            "/spec/selektor unknown", "/spec/ports/0/port range", "/spec/ports/0/name pattern");
  }

  /** As much of JSON Schema as the schemas use. */
  private static void check(JsonNode schema, JsonNode value, String at, List<String> problems) {
    switch (schema.path("type").asText("")) {
      case "object" -> {
        texts(schema.path("required")).stream()
            .filter(name -> !value.has(name))
            .forEach(name -> problems.add(at + "/" + name + " missing"));
        for (Map.Entry<String, JsonNode> field : value.properties()) {
          JsonNode known = schema.path("properties").path(field.getKey());
          JsonNode other = schema.path("additionalProperties");
          if (!known.isMissingNode()) {
            check(known, field.getValue(), at + "/" + field.getKey(), problems);
          } else if (other.isObject()) {
            check(other, field.getValue(), at + "/" + field.getKey(), problems);
          } else {
            problems.add(at + "/" + field.getKey() + " unknown");
          }
        }
      }
      case "array" -> {
        for (int i = 0; i < value.size(); i++) {
          check(schema.path("items"), value.path(i), at + "/" + i, problems);
        }
      }
      case "integer" -> {
        if (value.asLong() < schema.path("minimum").asLong()
            || value.asLong() > schema.path("maximum").asLong()) {
          problems.add(at + " range");
        }
      }
      case "string" -> {
        if (schema.has("enum") && !texts(schema.path("enum")).contains(value.asText())) {
          problems.add(at + " enum");
        }
        if (schema.has("pattern")
            && !Pattern.compile(schema.path("pattern").asText()).matches(value.asText())) {
          problems.add(at + " pattern");
        }
      }
      default -> {
        // Anything may stand there.
      }
    }
  }

  private static List<String> texts(JsonNode array) {
    List<String> all = new ArrayList<>();
    array.forEach(item -> all.add(item.asText()));
    return all;
  }
}
