// Runs {{ file }} on Android. In build.gradle: implementation("com.google.ai.edge.litert:litert:1.4.0")
// and androidResources { noCompress += "tflite" }. Copy the file to src/main/assets.
//
// model.json says what each input and output means. The same seed gives the same {{ what }} as in
// Python and in the browser.

import android.content.Context
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer
import java.nio.IntBuffer
import org.tensorflow.lite.Interpreter

class Vae(context: Context, file: String = "{{ file }}") : AutoCloseable {
    private val interpreter: Interpreter

    init {
        val bytes = context.assets.open(file).use { it.readBytes() }
        val model = ByteBuffer.allocateDirect(bytes.size).order(ByteOrder.nativeOrder())
        model.put(bytes).rewind()
        interpreter = Interpreter(model, Interpreter.Options().setNumThreads(2))
    }
{% for function in functions %}

    /** {{ function.meaning }}: {{ function.shape }}. */
    fun {{ function.name }}({{ function.parameters }}): FloatArray =
        run("{{ function.signature }}", mapOf({{ function.arguments }}), "{{ function.output }}", {{ function.size }})
{% endfor %}

    private fun run(signature: String, inputs: Map<String, Any>, output: String, size: Int): FloatArray {
        val result = FloatBuffer.allocate(size)
        interpreter.runSignature(inputs, mapOf<String, Any>(output to result), signature)
        return result.array()
    }

    override fun close() = interpreter.close()
}
