#ifdef __cplusplus
}
#endif

#endif /* _MGM_H_ */
