return { methods = {} }
