package io.heddle.proxy.engine.frames;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a list of fields knows of itself. */
class FieldListTest {
  private static FieldList list(String... fields) {
    FieldList list = new FieldList();
    for (int i = 0; i < fields.length; i += 2) {
      var _ = list.add(fields[i], fields[i + 1]);
    }
    return list;
  }

  @Test
  void pseudoHeadersComeFirstAndOnce() {
    assertThat(list(":method", "GET", ":path", "/", "x", "y", "x", "y").misplaced()).isFalse();
    assertThat(list(":method", "GET", ":path", "/", ":method", "GET").misplaced()).isTrue();
    assertThat(list(":method", "GET", "x", "y", ":path", "/").misplaced()).isTrue();
    FieldList used = list("x", "y", ":path", "/");
    assertThat(used.clear().add(":path", "/").misplaced()).isFalse();
  }

  @Test
  void aContentLengthIsANumberOrNone() {
    assertThat(list("x", "y").contentLength()).isEqualTo(-1);
    assertThat(list("x", "y", "content-length", "120").contentLength()).isEqualTo(120);
    for (String wrong : new String[] {"", "-1", "+1", "1.0", "1 ", "9".repeat(19)}) {
      assertThat(list("content-length", wrong).contentLength()).as(wrong).isEqualTo(-2);
    }
  }

  @Test
  void growsAndIsWalkedInOrder() {
    FieldList list = new FieldList();
    for (int i = 0; i < 200; i++) {
      var _ = list.add("n" + i, "v" + i);
    }
    FieldList copy = list.copy();
    assertThat(list.clear().size()).isZero();
    assertThat(list.iterator().hasNext()).isFalse();
    int seen = 0;
    for (var field : copy) {
      assertThat(field.getKey()).hasToString("n" + seen);
      assertThat(field.getValue()).hasToString("v" + seen);
      seen++;
    }
    assertThat(seen).isEqualTo(200);
    assertThat(list(":status", "103").statusCode()).isEqualTo(103);
    assertThat(list(":status", "x").statusCode()).isZero();
  }
}
