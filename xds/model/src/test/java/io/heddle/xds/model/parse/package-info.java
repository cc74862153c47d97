/** Tests of reading Envoy's configuration. */
@NullMarked
package io.heddle.xds.model.parse;

import org.jspecify.annotations.NullMarked;
