// SPDX-License-Identifier: Apache-2.0

package ports

import (
	"encoding/json"
	"io"
	"maps"
	"time"
)

// A zerologger writes lines as zerolog does: level, fields, time and message.
type zerologger struct{ w io.Writer }

func (l zerologger) log(level, msg string, fields map[string]any) {
	line := map[string]any{"level": level, "time": time.Now().Format(time.RFC3339), "message": msg}
	maps.Copy(line, fields)
	json.NewEncoder(l.w).Encode(line)
}
