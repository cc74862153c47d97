package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.api.FilterFactoryContext;
import java.lang.reflect.Method;
import org.junit.jupiter.api.Test;

/** The engine lends all that the SPI has, also what the SPI has a substitute for. */
class FactoryContextTest {
  @Test
  void nothingIsLeftToTheSubstitutesOfTheSpi() throws Exception {
    for (Method method : FilterFactoryContext.class.getMethods()) {
      assertThat(FactoryContext.class.getMethod(method.getName(), method.getParameterTypes()))
          .extracting(Method::getDeclaringClass)
          .as(method.toString())
          .isEqualTo(FactoryContext.class);
    }
  }
}
